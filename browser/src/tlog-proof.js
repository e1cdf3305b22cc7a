/** The proof that a person gets (C2SP tlog-proof), checked with the log's key alone. The format: docs/specs/audit-log.md. */
import { Wrong, base64, bytesOf, climb, encoder, hex, leafHash, same } from "./merkle.js";
import { NUMBER, openCheckpoint, readKey } from "./note.js";

const HEADER = "c2sp.org/tlog-proof@v1";
/** What goes along with a proof, in the order in which canonical JSON has it. */
const EXTRA = ["entry", "found", "reference", "salt"];

const plain = (bytes, what) => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Wrong(`The ${what} is not text.`);
  }
};
const facts = (text, what) => {
  let found;
  try {
    found = JSON.parse(text);
  } catch {
    // no JSON at all
  }
  if (found === null || typeof found !== "object" || Array.isArray(found)) throw new Wrong(`The ${what} is not an object of JSON.`);
  return found;
};
/** Return what a log holds in place of a text: HMAC-SHA-256 under the person's salt, hex. */
const blinded = async (salt, content) => {
  const key = await crypto.subtle.importKey("raw", salt, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return hex(new Uint8Array(await crypto.subtle.sign("HMAC", key, content)));
};

/** Read a proof, which is written in one way: whatever is written in another was changed on its way. */
const read = (text) => {
  const end = text.indexOf("\n\n");
  if (text.includes("\r")) throw new Wrong("An editor or a mail program changed the ends of its lines.");
  const [header, extraLine = "", indexLine = "", ...path] = text.slice(0, Math.max(end, 0)).split("\n");
  const index = indexLine.replace(/^index /, "");
  if (header !== HEADER || !extraLine.startsWith("extra ") || indexLine !== `index ${index}` || !NUMBER.test(index)) {
    throw new Wrong("It is cut or damaged, or not a proof.");
  }
  const written = plain(bytesOf(extraLine.slice("extra ".length), "extra line"), "extra line");
  const extra = facts(written, "extra line");
  const canonical = JSON.stringify(Object.fromEntries(EXTRA.filter((name) => name in extra).map((name) => [name, extra[name]])));
  const isWhole = ["entry", "reference", "salt"].every((name) => typeof extra[name] === "string");
  if (!isWhole || canonical !== written || ("found" in extra && !extra.found)) throw new Wrong("It is not written as proofs are.");
  return {
    index: Number(index),
    path: path.map((line) => bytesOf(line, "path")),
    checkpoint: text.slice(end + 2),
    entry: bytesOf(extra.entry, "entry"),
    salt: bytesOf(extra.salt, "salt"),
    reference: extra.reference,
    found: extra.found ? bytesOf(extra.found, "list of what was found") : null,
  };
};

/**
 * Check a proof with the log's key; throw Wrong naming the first step that fails.
 *
 * (1) the checkpoint is signed by the log; (2) the entry climbs to the root that it commits to; (3) the entry is about the reference;
 * (4) it is about what the proof says was found and done. Returns the statement, `targets` of it as it was found, and the log's head.
 */
export const checkProof = async (text, key) => {
  const verifier = await readKey(key);
  const proof = read(text);
  const { origin, size, root, signed } = await openCheckpoint(proof.checkpoint, verifier); // (1)
  if (proof.index >= size) throw new Wrong("The log ended before the entry that the proof names.");
  const reached = await climb(await leafHash(proof.entry), proof.index, size, proof.path); // (2)
  if (!same(reached, root)) throw new Wrong("The entry does not lead to the root that the checkpoint names.");
  const statement = facts(plain(proof.entry, "entry"), "entry");
  if (statement.about !== (await blinded(proof.salt, encoder.encode(proof.reference)))) { // (3)
    throw new Wrong("The entry in the log is about another request.");
  }
  if (proof.found || "found" in statement) { // (4); before that a statement said it in clear
    if (statement.found !== (await blinded(proof.salt, proof.found ?? new Uint8Array()))) {
      throw new Wrong("The entry in the log is about something else that was found.");
    }
    statement.targets = facts(plain(proof.found, "list of what was found"), "list of what was found");
  }
  return { statement, reference: proof.reference, index: proof.index, hashes: proof.path.length, origin, size, root: base64(root), signed };
};
