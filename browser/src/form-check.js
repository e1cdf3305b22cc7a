/**
 * The page that asks once more before a form is taken: finds the proof of work, then lets the form go.
 *
 * Where the browser cannot prove, nothing happens: the button works after some seconds.
 */
import { canProve, prove } from "./proof.js";

const form = document.querySelector("form[data-check]");

if (form && canProve()) {
  const button = form.querySelector("button");
  button.disabled = true;
  prove(form.dataset.check, Number(form.dataset.bits)).then((proof) => {
    form.elements["avow-proof"].value = proof;
    button.disabled = false;
  });
}
