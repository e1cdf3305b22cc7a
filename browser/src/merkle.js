/**
 * Hashes of the audit log: Merkle trees of RFC 6962 over SHA-256, checked as RFC 9162 says; and base64, of which each value has one.
 * The format: docs/specs/audit-log.md.
 */

export const HASH = 32;
export const encoder = new TextEncoder();

/** What is wrong with a log or a proof, in words for who reads the page. */
export class Wrong extends Error {}

/** Whether this browser has cryptography for this page: it has none for one that came without TLS. */
export const canHash = () => Boolean(globalThis.crypto?.subtle);

export const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
/** Return the bytes of a base64 text that is written as base64 is. */
export const bytesOf = (text, what) => {
  try {
    const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
    if (btoa(String.fromCharCode(...bytes)) === text) return bytes;
  } catch {
    // no base64 at all
  }
  throw new Wrong(`The ${what} is not written as base64 is.`);
};
const joined = (...parts) => {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
};
export const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
export const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);
export const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
export const leafHash = (entry) => sha256([0], entry);
const nodeHash = (left, right) => sha256([1], left, right);

/** Return the level above some hashes: an odd last node moves up unchanged (RFC 6962, MTH). */
const above = async (level) => {
  const next = [];
  for (let at = 0; at + 1 < level.length; at += 2) next.push(await nodeHash(level[at], level[at + 1]));
  if (level.length % 2) next.push(level[level.length - 1]);
  return next;
};

/** Return the root of some leaf hashes. */
export const rootOf = async (hashes) => {
  let level = hashes;
  while (level.length > 1) level = await above(level);
  return level[0];
};

/** Return the siblings from a node to the root of some hashes. */
export const pathIn = async (index, hashes) => {
  const path = [];
  let level = hashes;
  for (let at = index; level.length > 1; at = Math.floor(at / 2)) {
    if ((at ^ 1) < level.length) path.push(level[at ^ 1]);
    level = await above(level);
  }
  return path;
};

/** Return the root to which a leaf hash climbs by its path (RFC 9162, 2.1.3.2). */
export const climb = async (leaf, index, size, path) => {
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
