/**
 * Build the browser part into the Python package: src/avow/web/static/build/<name>.<hash>.<ext> and manifest.json.
 *
 * The hash is of the content, so that a page can name a file that never changes (Cache-Control: immutable).
 * Run after `npm ci`. Fails when what visitors load outgrows its budget.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** Budgets, gzipped. Every visitor of every site loads the tag; the recorder comes only after a yes. */
const BYTES_MAX = { "tag.js": 2048, "recorder.js": 25 * 1024, "replay.js": 512 };
const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "src", "avow", "web", "static", "build");
const entries = ["tag.js", "choices.js", "recorder.js", "replay.js", "console.js", "console.css", "player.js", "player.css"];

/** Nothing drawn on a canvas is ever recorded, so the recorder's library leaves its canvas worker (a script in a string) at home. */
const withoutCanvasWorker = {
  name: "without-canvas-worker",
  setup({ onLoad }) {
    onLoad({ filter: /@rrweb\/record\/dist\/record\.js$/ }, async ({ path }) => {
      const parts = (await readFile(path, "utf8")).split(/^const jsContent = '.*';$/m);
      if (parts.length !== 2) throw new Error(`${path}: its canvas worker is not where it was; look again before you raise the version`);
      return { contents: parts.join('const jsContent = "";'), loader: "js" };
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
  target: ["es2020", "chrome111", "firefox113", "safari16.4"],
  legalComments: "inline",
  plugins: [withoutCanvasWorker],
  write: false,
});

await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
const manifest = {};
for (const file of result.outputFiles) {
  const name = file.path.slice(target.length + 1);
  const hash = createHash("sha256").update(file.contents).digest("hex").slice(0, 16);
  const extension = extname(name);
  const hashed = `${name.slice(0, -extension.length)}.${hash}${extension}`;
  await writeFile(join(target, hashed), file.contents);
  manifest[name] = hashed;
  console.log(`${hashed}  ${file.contents.length} bytes, ${gzipSync(file.contents).length} gzipped`);
}
await writeFile(join(target, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);

for (const [name, budget] of Object.entries(BYTES_MAX)) {
  const { length } = gzipSync(await readFile(join(target, manifest[name])));
  if (length > budget) {
    console.error(`${name} is ${length} bytes gzipped; its budget is ${budget}`);
    process.exit(1);
  }
}
