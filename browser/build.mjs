/**
 * Build the browser part into the Python package: src/avow/web/static/build/<name>.<hash>.<ext> and manifest.json; and what
 * packages of npm bring for intake: src/avow/collection/built/country.mmdb and robots.json.
 *
 * The hash is of the content, so that a page can name a file that never changes (Cache-Control: immutable).
 * Run after `npm ci`. Fails when what visitors load outgrows its budget. Scripts that stand on a website have a source map beside them.
 */
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, transform } from "esbuild";
import { minify } from "terser";

/** Budgets, gzipped. Every visitor of every site loads the tag, which is meant to stay smaller still; the recorder comes only after a yes. */
const TAG_BYTES_WANTED = 2048;
const BYTES_MAX = { "tag.js": 2560, "recorder.js": 25_600, "replay.js": 672, "page.js": 9216 };
const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "src", "avow", "web", "static", "build");
const entries = ["page.js", "form.js", "tag.js", "stub.js", "choices.js", "chosen.js", "preferences.js", "search.js", "recorder.js", "replay.js", "form-check.js", "console.js", "passkey.js", "audit.js", "check-proof.js", "console.css", "asking.css", "player.js", "player.css"];

/** The oldest browsers that what is built runs in. */
const BROWSERS = ["es2020", "chrome111", "firefox113", "safari16.4"];

/** Scripts of our own that stand on other people's pages have a source map; libraries that we bundle have one where they come from. */
const MAPPED = new Set(["page.js", "form.js", "tag.js", "stub.js", "choices.js", "chosen.js", "preferences.js", "search.js", "replay.js", "form-check.js"]);

/**
 * What the recorder's library leaves at home: its canvas worker (a script in a string), for nothing drawn is ever recorded; and its
 * look into frames, whose documents it observes even where it is told to block them.
 */
const LEFT_OUT = [
  [/^const jsContent = '.*';$/m, 'const jsContent = "";'],
  [/serializedNode\.type === NodeType\.Element && serializedNode\.tagName === "iframe"(?=\) \{\s*onceIframeLoaded\()/, "false"],
];
const withoutSome = {
  name: "without-canvas-worker-and-frames",
  setup({ onLoad }) {
    onLoad({ filter: /@rrweb\/record\/dist\/record\.js$/ }, async ({ path }) => {
      let contents = await readFile(path, "utf8");
      for (const [pattern, instead] of LEFT_OUT) {
        if (contents.split(pattern).length !== 2) throw new Error(`${path}: ${pattern} is not there once; look again before you raise the version`);
        contents = contents.replace(pattern, instead);
      }
      return { contents, loader: "js" };
    });
  },
};

/** A style sheet that a script puts into a shadow tree: `import STYLE from "./asking.css?text"`. */
const asText = {
  name: "style-as-text",
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /\.css\?text$/ }, ({ path, resolveDir }) => ({ path: join(resolveDir, path.slice(0, -"?text".length)), namespace: "text" }));
    onLoad({ filter: /.*/, namespace: "text" }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true, target: BROWSERS });
      return { contents: code, loader: "text" };
    });
  },
};

const result = await build({
  absWorkingDir: here,
  entryPoints: entries.map((name) => join("src", name)),
  outdir: target,
  bundle: true,
  minify: true,
  format: "iife",
  target: BROWSERS,
  legalComments: "inline",
  plugins: [withoutSome, asText],
  sourcemap: "external",
  write: false,
});

await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
const manifest = {};
const written = new Map(result.outputFiles.map((file) => [file.path.slice(target.length + 1), Buffer.from(file.contents)]));

// What has to be small goes through terser too, which takes out what esbuild leaves in.
for (const name of ["page.js", "tag.js", "recorder.js"]) {
  const smaller = await minify(written.get(name).toString(), {
    ecma: 2020,
    compress: { passes: 3 },
    mangle: { toplevel: true },
    format: { comments: "some" },
    sourceMap: { content: written.get(`${name}.map`).toString(), includeSources: true },
  });
  written.set(name, Buffer.from(smaller.code));
  written.set(`${name}.map`, Buffer.from(smaller.map));
}

/** Write a built file under its name with a hash, and name it in the manifest. */
const keep = async (name, contents) => {
  const hash = createHash("sha256").update(contents).digest("hex").slice(0, 16);
  const extension = name.slice(name.indexOf("."));
  const hashed = `${name.slice(0, -extension.length)}.${hash}${extension}`;
  await writeFile(join(target, hashed), contents);
  manifest[name] = hashed;
  console.log(`${hashed}  ${contents.length} bytes, ${gzipSync(contents).length} gzipped`);
  return hashed;
};

for (const [name, contents] of written) {
  if (name.endsWith(".css")) await keep(name, contents);
  if (name.endsWith(".js") && !MAPPED.has(name)) await keep(name, contents);
  if (!MAPPED.has(name)) continue;
  const sources = JSON.parse(written.get(`${name}.map`));
  sources.sources = sources.sources.map((source) => source.slice(source.lastIndexOf("browser/") + "browser/".length));
  const hashed = await keep(`${name}.map`, Buffer.from(JSON.stringify(sources)));
  await keep(name, Buffer.concat([contents, Buffer.from(`//# sourceMappingURL=/avow/static/${hashed}\n`)]));
}
await keep("privacy-choices.svg", await readFile(join(here, "src", "privacy-choices.svg")));
await writeFile(join(target, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);

// What intake looks things up in: which country an address belongs to, and what published robots call themselves.
const data = join(here, "..", "src", "avow", "collection", "built");
await rm(data, { recursive: true, force: true });
await mkdir(data, { recursive: true });
await copyFile(join(here, "node_modules", "@ip-location-db", "dbip-country-mmdb", "dbip-country.mmdb"), join(data, "country.mmdb"));
const robots = JSON.parse(await readFile(join(here, "node_modules", "crawler-user-agents", "crawler-user-agents.json")));
/** Whether robots use a name in what begins as a browser does, and whether a version always stands behind it: where the list has no example, in any way. */
const asWritten = ({ pattern, instances }) => ({
  pattern,
  in_browsers: !instances.length || instances.some((agent) => agent.startsWith("Mozilla/")),
  as_product: instances.length > 0 && instances.every((agent) => !new RegExp(pattern).test(agent) || new RegExp(`(?:${pattern})[^\\s;(),]*/`).test(agent)),
});
await writeFile(join(data, "robots.json"), `${JSON.stringify(robots.map(asWritten), null, 1)}\n`);

for (const [name, budget] of Object.entries(BYTES_MAX)) {
  const { length } = gzipSync(await readFile(join(target, manifest[name])));
  if (name === "tag.js" && length > TAG_BYTES_WANTED) console.warn(`tag.js is ${length} bytes gzipped; it is meant to stay within ${TAG_BYTES_WANTED}`);
  if (length > budget) {
    console.error(`${name} is ${length} bytes gzipped; its budget is ${budget}`);
    process.exit(1);
  }
}
