/**
 * Build the browser part into the Python package: src/avow/web/static/build/<name>.<hash>.<ext> and manifest.json.
 *
 * The hash is of the content, so that a page can name a file that never changes (Cache-Control: immutable).
 * Run after `npm ci`. Fails when the tag outgrows its budget.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const TAG_BYTES_MAX = 2048; // gzipped; every visitor of every site loads it
const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "src", "avow", "web", "static", "build");
const entries = ["tag.js", "console.js", "console.css", "form-check.js"];

const result = await build({
  absWorkingDir: here,
  entryPoints: entries.map((name) => join("src", name)),
  outdir: target,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2020", "chrome111", "firefox113", "safari16.4"],
  legalComments: "inline",
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

const tag = await readFile(join(target, manifest["tag.js"]));
if (gzipSync(tag).length > TAG_BYTES_MAX) {
  console.error(`tag.js is ${gzipSync(tag).length} bytes gzipped; its budget is ${TAG_BYTES_MAX}`);
  process.exit(1);
}
