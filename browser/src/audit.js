/** The console's pages of the audit log: checks their entries against the published files in the browser, and says what it did. */
import { checkEntry, openLog } from "./log.js";
import { Wrong, base64, canHash } from "./merkle.js";
import { answer } from "./said.js";

const said = document.getElementById("checked");

const check = async (entries) => {
  const steps = [];
  if (!canHash()) {
    answer(said, true, "Nothing was checked.", ["This page did not come over HTTPS, so the browser has no cryptography for it. Use the command."]);
    return;
  }
  try {
    const { log, verifier, signed, origin } = await openLog();
    steps.push(`Fetched the checkpoint of ${origin}: ${log.size} entries, root ${base64(log.root)}.`);
    if (said.dataset.key && verifier.text !== said.dataset.key) throw new Wrong("The published key is not the one that this page names.");
    steps.push(
      signed
        ? "Its Ed25519 signature is by the published key. Compare that key with the one you kept: what a server serves, it can serve falsely."
        : "This browser has no Ed25519, so the signature was NOT checked. The command checks it.",
    );
    for (const { index, leaf } of entries) await checkEntry(log, Number(index), leaf);
    const what = entries.length === 1 ? `Entry ${entries[0].index} was` : `${entries.length} entries were`;
    steps.push(`${what} fetched, hashed, and climbed by the tiles to that root.`);
    answer(said, !signed, signed ? "All of it is right." : "The entries are right; who signed is not known.", steps);
  } catch (error) {
    const words = error instanceof Wrong ? error.message : "The published files could not be read.";
    answer(said, true, "This is wrong.", [...steps, words]);
  }
};

said.replaceChildren(); // what it says to who runs no script
if ("now" in said.dataset) check([said.dataset]);
const button = document.getElementById("check-entries");
if (button) {
  const rows = [...document.querySelectorAll("tr[data-index]")];
  button.hidden = !rows.length;
  button.addEventListener("click", () => check(rows.map((row) => row.dataset)));
}
