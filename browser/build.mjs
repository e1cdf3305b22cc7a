/**
 * Build the browser part into the Python package: src/avow/web/static/build/<name>.<hash>.<ext> and manifest.json; and what
 * packages of npm bring for intake: src/avow/collection/built/country.mmdb and robots.json.
 *
 * The hash is of the content, so that a page can name a file that never changes (Cache-Control: immutable).
 * Run after `npm ci`. Fails when the tag outgrows its budget. Each script has its source map beside it, under a hashed name as well.
 */
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

// Gzipped, as every visitor of every site loads it; the map is loaded by nobody but developers.
const TAG_BYTES_WANTED = 2048;
const TAG_BYTES_MAX = 2560;
const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "src", "avow", "web", "static", "build");
const entries = ["tag.js", "preferences.js", "console.js", "console.css"];

const result = await build({
  absWorkingDir: here,
  entryPoints: entries.map((name) => join("src", name)),
  outdir: target,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2020", "chrome111", "firefox113", "safari16.4"],
  legalComments: "inline",
  sourcemap: "external",
  write: false,
});

await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
const manifest = {};
const written = new Map(result.outputFiles.map((file) => [file.path.slice(target.length + 1), Buffer.from(file.contents)]));

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
  if (!name.endsWith(".js")) continue;
  const sources = JSON.parse(written.get(`${name}.map`));
  sources.sources = sources.sources.map((source) => source.slice(source.lastIndexOf("browser/") + "browser/".length));
  const hashed = await keep(`${name}.map`, Buffer.from(JSON.stringify(sources)));
  await keep(name, Buffer.concat([contents, Buffer.from(`//# sourceMappingURL=/avow/static/${hashed}\n`)]));
}
await writeFile(join(target, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);

// What intake looks things up in: which country an address belongs to, and what published robots call themselves.
const data = join(here, "..", "src", "avow", "collection", "built");
await rm(data, { recursive: true, force: true });
await mkdir(data, { recursive: true });
await copyFile(join(here, "node_modules", "@ip-location-db", "dbip-country-mmdb", "dbip-country.mmdb"), join(data, "country.mmdb"));
const robots = JSON.parse(await readFile(join(here, "node_modules", "crawler-user-agents", "crawler-user-agents.json")));
await writeFile(join(data, "robots.json"), `${JSON.stringify(robots.map(({ pattern }) => pattern), null, 1)}\n`);

const size = gzipSync(await readFile(join(target, manifest["tag.js"]))).length;
if (size > TAG_BYTES_WANTED) console.warn(`tag.js is ${size} bytes gzipped; it is meant to stay within ${TAG_BYTES_WANTED}`);
if (size > TAG_BYTES_MAX) {
  console.error(`tag.js is ${size} bytes gzipped; its budget is ${TAG_BYTES_MAX}`);
  process.exit(1);
}
