/**
 * The published audit log, read and checked in the browser: C2SP tlog-tiles, tlog-checkpoint and signed-note; hashes of RFC 6962.
 * The format: docs/specs/audit-log.md. Nothing of what the console says is believed here but the numbers of the entries.
 */

const TILE = 256;
const HASH = 32;
const encoder = new TextEncoder();

/** What is wrong with the log, in words for staff. */
export class Wrong extends Error {}

const bytesOf = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
export const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
const joined = (...parts) => {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
};
const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);
const leafHash = (entry) => sha256([0], entry);
const nodeHash = (left, right) => sha256([1], left, right);

/** Return the root of some leaf hashes: an odd last node moves up unchanged (RFC 6962, MTH). */
const rootOf = async (hashes) => {
  let level = hashes;
  while (level.length > 1) {
    const next = [];
    for (let at = 0; at + 1 < level.length; at += 2) next.push(await nodeHash(level[at], level[at + 1]));
    if (level.length % 2) next.push(level[level.length - 1]);
    level = next;
  }
  return level[0];
};

/** Return the siblings from a node to the root of some hashes. */
const pathIn = async (index, hashes) => {
  const path = [];
  let level = hashes;
  for (let at = index; level.length > 1; at = Math.floor(at / 2)) {
    if ((at ^ 1) < level.length) path.push(level[at ^ 1]);
    const next = [];
    for (let place = 0; place + 1 < level.length; place += 2) next.push(await nodeHash(level[place], level[place + 1]));
    if (level.length % 2) next.push(level[level.length - 1]);
    level = next;
  }
  return path;
};

/** Return the root to which a leaf hash climbs by its path (RFC 9162, 2.1.3.2). */
const climb = async (leaf, index, size, path) => {
  let at = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of path) {
    if (last === 0) throw new Wrong("The proof is longer than the tree is high.");
    if (at % 2 || at === last) {
      hash = await nodeHash(sibling, hash);
      while (!(at % 2) && at) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
    } else hash = await nodeHash(hash, sibling);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  if (last !== 0) throw new Wrong("The proof ends below the root of the tree.");
  return hash;
};

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

/** The verifier key `name+id+base64`; its id must be that of its key. */
const readKey = async (text) => {
  const [name, id, ...rest] = text.trim().split("+");
  const key = bytesOf(rest.join("+"));
  const digest = (await sha256(encoder.encode(`${name}\n`), key)).slice(0, 4);
  const hex = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (key.length !== 1 + HASH || key[0] !== 1 || hex !== id) throw new Wrong("The verifier key is no Ed25519 key, or its id is not its own.");
  return { name, id: digest, key: key.slice(1), text: text.trim() };
};

/** Return whether the note is signed by the key; null where this browser has no Ed25519. */
const isSigned = async (note, verifier) => {
  const end = note.lastIndexOf("\n\n");
  if (end < 0) throw new Wrong("The checkpoint is not a signed note.");
  const text = encoder.encode(note.slice(0, end + 1));
  const lines = note.slice(end + 2).split("\n").map((line) => line.match(/^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/));
  const ours = lines.filter((line) => line && line[1] === verifier.name).map((line) => bytesOf(line[2]));
  const signature = ours.find((blob) => same(blob.slice(0, 4), verifier.id));
  if (!signature) throw new Wrong("The checkpoint is not signed by the log's key.");
  let key;
  try {
    key = await crypto.subtle.importKey("raw", verifier.key, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return null; // a browser without Ed25519
  }
  return crypto.subtle.verify({ name: "Ed25519" }, key, signature.slice(4), text);
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
  const signed = await isSigned(note, verifier);
  if (signed === false) throw new Wrong("The checkpoint's signature does not belong to its text.");
  const [origin, size, root] = note.split("\n");
  if (origin !== verifier.name || !/^(0|[1-9][0-9]*)$/.test(size)) throw new Wrong("The checkpoint is another log's, or has no size.");
  return { log: new Log(Number(size), bytesOf(root)), verifier, signed, origin };
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
