/** Signed notes and checkpoints of the audit log (C2SP signed-note, tlog-checkpoint), with Ed25519 keys. */
import { HASH, Wrong, bytesOf, encoder, hex, same, sha256 } from "./merkle.js";

const KEY_ID = 4;
/** Signature lines that one note may have. */
const SIGNATURES = 64;
/** A number as it is written: digits alone, and no zero before others. */
export const NUMBER = /^(0|[1-9][0-9]{0,14})$/;

/** Read the verifier key `name+id+base64`; its id must be that of its key. */
export const readKey = async (text) => {
  const [name, id, ...rest] = text.trim().split("+");
  const wrong = new Wrong("The verifier key is no Ed25519 key, or its id is not its own.");
  let key;
  try {
    key = bytesOf(rest.join("+"), "verifier key");
  } catch {
    throw wrong;
  }
  const digest = (await sha256(encoder.encode(`${name}\n`), key)).slice(0, KEY_ID);
  if (key.length !== 1 + HASH || key[0] !== 1 || hex(digest) !== id) throw wrong;
  return { name, id: digest, key: key.slice(1), text: text.trim() };
};

/** Return the signatures by a key; below a note's empty line are signature lines and nothing else. */
const signaturesBy = (verifier, below) => {
  if (!below) throw new Wrong("The checkpoint is not signed by the log's key.");
  const lines = below.split("\n").map((line) => line.match(/^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/));
  if (!below.endsWith("\n") || lines.pop() !== null || lines.length > SIGNATURES || lines.includes(null)) {
    throw new Wrong("Below the checkpoint's empty line is something that is no signature.");
  }
  const blobs = lines.filter(([, name]) => name === verifier.name).map(([, , blob]) => bytesOf(blob, "signature"));
  const found = blobs.filter((blob) => same(blob.slice(0, KEY_ID), verifier.id)).map((blob) => blob.slice(KEY_ID));
  if (!found.length) throw new Wrong("The checkpoint is not signed by the log's key.");
  return found;
};

/** Return whether all signatures are of the text; null where this browser has no Ed25519. */
const areOf = async (signatures, text, verifier) => {
  let key;
  try {
    key = await crypto.subtle.importKey("raw", verifier.key, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return null; // a browser without Ed25519
  }
  for (const one of signatures) if (!(await crypto.subtle.verify({ name: "Ed25519" }, key, one, text))) return false;
  return true;
};

/**
 * Return what a checkpoint commits to, `{origin, size, root}`, and whether it is signed by the key (`signed`; null: this browser cannot
 * tell). Another log's, or one that is not written as checkpoints are, is refused.
 */
export const openCheckpoint = async (note, verifier) => {
  const end = note.lastIndexOf("\n\n");
  if (end < 0) throw new Wrong("The checkpoint is not a signed note.");
  if (/[\0-\x09\x0b-\x1f]/.test(note)) throw new Wrong("The checkpoint has signs that no note has.");
  const text = note.slice(0, end + 1);
  const signatures = signaturesBy(verifier, note.slice(end + 2));
  const signed = await areOf(signatures, encoder.encode(text), verifier);
  if (signed === false) throw new Wrong("The checkpoint's signature does not belong to its text.");
  const [origin, size, root, ...rest] = text.split("\n");
  if (origin !== verifier.name || !rest.length || !NUMBER.test(size)) throw new Wrong("The checkpoint is another log's, or has no size.");
  const bytes = bytesOf(root, "root");
  if (bytes.length !== HASH) throw new Wrong("The checkpoint's root has not the length of a hash.");
  return { origin, size: Number(size), root: bytes, signed };
};
