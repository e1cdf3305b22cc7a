/** The console's pages of the audit log: checks their entries against the published files in the browser, and says what it did. */
import { base64, checkEntry, openLog, Wrong } from "./log.js";

const said = document.getElementById("checked");

/** Say something as an element of the answer; what is said is text, never markup. */
const tell = (element, words, kind = "") => {
  const made = document.createElement(element);
  made.textContent = words;
  if (kind) made.className = kind;
  return made;
};

const answer = (isBad, title, steps) => {
  const note = tell("div", "", isBad ? "note bad" : "note");
  const heading = document.createElement("p");
  heading.append(tell("strong", title));
  const list = document.createElement("ol");
  list.append(...steps.map((step) => tell("li", step)));
  note.append(heading, list);
  said.replaceChildren(note);
};

const check = async (entries) => {
  const steps = [];
  if (!globalThis.crypto?.subtle) {
    answer(true, "Nothing was checked.", ["This page did not come over HTTPS, so the browser has no cryptography for it. Use the command."]);
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
    answer(!signed, signed ? "All of it is right." : "The entries are right; who signed is not known.", steps);
  } catch (error) {
    const words = error instanceof Wrong ? error.message : "The published files could not be read.";
    answer(true, "This is wrong.", [...steps, words]);
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
