/** A person's page of their proofs: each is checked in the browser, which asks nobody for anything more. */
import { Wrong, canHash } from "./merkle.js";
import { answer, tell } from "./said.js";
import { checkProof } from "./tlog-proof.js";

/** Return the lines of a statement as `[name, words]`: what the proof says, and not what the page says of it. */
const linesOf = ({ what, at, left, targets }, timeZone) => {
  const moment = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZone });
  const lines = [["When", moment.format(at)]];
  const searched = { "request.delete.done": "Found when searched again", "residue.searched": "Found" }[what];
  if (searched) lines.push([searched, String(left)]);
  for (const [name, { did, records }] of Object.entries(targets ?? {})) lines.push([name, records && what !== "residue.searched" ? `${did} (${records})` : did]);
  return lines;
};

const check = async (place) => {
  const { key, reference, what, zone } = place.dataset;
  const said = place.querySelector(".checked");
  const shown = place.querySelector(".stated");
  if (!canHash()) {
    answer(said, true, "Nothing was checked.", ["This page did not come over HTTPS, so the browser has no cryptography for it. Use the command."]);
    return;
  }
  try {
    const found = await checkProof(place.querySelector(".proof-text").textContent, key);
    if (found.reference !== reference || found.statement.what !== what) throw new Wrong(`It is the proof of something else, not of what this page says about request ${reference}.`);
    const steps = [
      found.signed
        ? `The head of the log ${found.origin}, of ${found.size} entries, is signed by the log's key (Ed25519).`
        : "This browser has no Ed25519, so the signature was NOT checked. The command checks it.",
      `The statement is entry ${found.index} of them: its hash climbs by ${found.hashes === 1 ? "another one" : `${found.hashes} others`} to the root that was signed.`,
      `It names your request ${reference} by a keyed hash; the key to that is in your proof alone, so that the log tells nobody about you.`,
    ];
    if ("found" in found.statement) steps.push("What was found and done, as it is listed above, is what the statement in the log was made of.");
    shown.replaceChildren(...linesOf(found.statement, zone).flatMap(([name, words]) => [tell("dt", name), tell("dd", words)]));
    answer(said, !found.signed, found.signed ? "All of it is right." : "The statement is right; who signed is not known.", steps);
  } catch (error) {
    shown.replaceChildren();
    answer(said, true, "This is wrong.", [error instanceof Wrong ? error.message : "The proof could not be read."]);
  }
};

for (const place of document.querySelectorAll(".one-proof")) {
  place.querySelector(".again").hidden = false;
  place.querySelector("button").addEventListener("click", () => check(place));
  check(place);
}
