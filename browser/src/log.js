/**
 * The published audit log, read and checked in the browser: C2SP tlog-tiles. The format: docs/specs/audit-log.md.
 * Nothing of what the console says is believed here but the numbers of the entries.
 */
import { HASH, Wrong, base64, climb, leafHash, pathIn, rootOf, same } from "./merkle.js";
import { openCheckpoint, readKey } from "./note.js";

const TILE = 256;

const fetched = async (path) => {
  const answer = await fetch(`/audit/${path}`, { cache: "no-store" });
  if (!answer.ok) throw new Wrong(`The published log has no file ${path} (${answer.status}).`);
  return new Uint8Array(await answer.arrayBuffer());
};

/** Return the path of a tile as tlog-tiles names it. */
const tilePath = (level, index, width) => {
  const groups = [String(index % 1000).padStart(3, "0")];
  for (let rest = Math.floor(index / 1000); rest; rest = Math.floor(rest / 1000)) groups.unshift(`x${String(rest % 1000).padStart(3, "0")}`);
  return `tile/${level}/${groups.join("/")}${width < TILE ? `.p/${width}` : ""}`;
};

/** A log at its published checkpoint; each tile is fetched once. */
class Log {
  constructor(size, root) {
    this.size = size;
    this.root = root;
    this.files = new Map();
  }

  file(path) {
    if (!this.files.has(path)) this.files.set(path, fetched(path));
    return this.files.get(path);
  }

  /** Return the hashes of a tile: full where it is, else as wide as the checkpoint commits to. */
  async tile(level, index, nodes) {
    const width = Math.min(TILE, nodes - index * TILE);
    const body = await this.file(tilePath(level, index, width));
    if (body.length !== width * HASH) throw new Wrong(`A tile of level ${level} has not the length that it should have.`);
    return Array.from({ length: width }, (_, at) => body.slice(at * HASH, (at + 1) * HASH));
  }

  async entry(index) {
    const place = Math.floor(index / TILE);
    const body = await this.file(tilePath("entries", place, Math.min(TILE, this.size - place * TILE)));
    let at = 0;
    for (let skip = index % TILE; skip; skip -= 1) at += 2 + body[at] * 256 + body[at + 1];
    return body.slice(at + 2, at + 2 + body[at] * 256 + body[at + 1]);
  }

  /** Return the siblings of an entry, from its leaf to the root: within each level's tile, and from what is open to the right. */
  async path(index) {
    const path = [];
    let last = null; // the node of this level that has not all its entries yet
    for (let level = 0, nodes = this.size; nodes; level += 1, nodes = Math.floor(nodes / TILE)) {
      const node = Math.floor(index / TILE ** level);
      const place = Math.floor(node / TILE);
      const open = nodes % TILE ? await this.tile(level, Math.floor(nodes / TILE), nodes) : [];
      const row = last ? [...open, last] : open;
      path.push(...(await pathIn(node % TILE, place < Math.floor(nodes / TILE) ? await this.tile(level, place, nodes) : row)));
      last = row.length ? await rootOf(row) : null;
    }
    return path;
  }
}

/** Return the log as it is published now, with its key and whether its checkpoint is signed by it (null: unknown here). */
export const openLog = async () => {
  const decoder = new TextDecoder();
  const [key, note] = (await Promise.all([fetched("key"), fetched("checkpoint")])).map((body) => decoder.decode(body));
  const verifier = await readKey(key);
  const { origin, size, root, signed } = await openCheckpoint(note, verifier);
  return { log: new Log(size, root), verifier, signed, origin };
};

/** Check that an entry is in the log, and is the one whose leaf hash the page names; return its length in bytes. */
export const checkEntry = async (log, index, leaf) => {
  if (index >= log.size) throw new Wrong(`The published log ends before entry ${index}.`);
  const entry = await log.entry(index);
  const hash = await leafHash(entry);
  if (base64(hash) !== leaf) throw new Wrong(`Entry ${index} of the published log is not the one on this page.`);
  const reached = await climb(hash, index, log.size, await log.path(index));
  if (!same(reached, log.root)) throw new Wrong(`Entry ${index} does not lead to the root that the checkpoint names.`);
  return entry.length;
};
