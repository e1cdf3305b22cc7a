/**
 * The proof of work by which a form shows that it is no machine's: a number n with SHA-256(check + "." + n) beginning with so many
 * zero bits (src/avow/collection/forms/spam.py).
 */

/** Return how many zero bits a digest begins with, as far as the first four bytes tell. */
const zeros = (digest) => Math.clz32(new DataView(digest).getUint32(0));

/** Whether this browser can prove: `crypto.subtle` is not there on a site without TLS. */
export const canProve = () => Boolean(globalThis.crypto?.subtle);

/** Return the number, as text. */
export const prove = async (check, bits) => {
  const encoder = new TextEncoder();
  for (let n = 0; ; n += 1) {
    const digest = await crypto.subtle.digest("SHA-256", encoder.encode(`${check}.${n}`));
    if (zeros(digest) >= bits) return String(n);
  }
};
