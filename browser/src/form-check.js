/**
 * The page that asks once more before a form is taken: finds the proof of work, then lets the form go.
 *
 * The proof is a number n with SHA-256(check + "." + n) beginning with data-bits zero bits (src/avow/collection/forms/spam.py).
 * Where the browser has no crypto.subtle (a site without TLS), nothing happens: the button works after some seconds.
 */
const form = document.querySelector("form[data-check]");

/** Return how many zero bits a digest begins with, as far as the first four bytes tell. */
function zeros(digest) {
  return Math.clz32(new DataView(digest).getUint32(0));
}

async function prove(check, bits) {
  const encoder = new TextEncoder();
  for (let n = 0; ; n += 1) {
    const digest = await crypto.subtle.digest("SHA-256", encoder.encode(`${check}.${n}`));
    if (zeros(digest) >= bits) return String(n);
  }
}

if (form && globalThis.crypto?.subtle) {
  const button = form.querySelector("button");
  button.disabled = true;
  prove(form.dataset.check, Number(form.dataset.bits)).then((proof) => {
    form.elements["avow-proof"].value = proof;
    button.disabled = false;
  });
}
