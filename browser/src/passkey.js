/**
 * Passkeys: a form with `data-passkey` ("create" or "get") asks the browser for one, and sends what it answers.
 *
 * The options are the server's, as JSON (W3C Web Authentication, 5.1.8 and 5.1.9). The forms are hidden until this script finds that
 * the browser knows passkeys; codes and recovery codes need no script.
 */
(() => {
  if (!window.PublicKeyCredential || !navigator.credentials) return;

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-")
      .replace(/\//g, "_")
      .replace(/=+$/, "");
  const known = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  const toCreate = (options) =>
    PublicKeyCredential.parseCreationOptionsFromJSON
      ? PublicKeyCredential.parseCreationOptionsFromJSON(options)
      : {
          ...options,
          challenge: bytes(options.challenge),
          user: { ...options.user, id: bytes(options.user.id) },
          excludeCredentials: known(options.excludeCredentials),
        };
  const toGet = (options) =>
    PublicKeyCredential.parseRequestOptionsFromJSON
      ? PublicKeyCredential.parseRequestOptionsFromJSON(options)
      : { ...options, challenge: bytes(options.challenge), allowCredentials: known(options.allowCredentials) };

  /** Return a credential as JSON; own conversion where the browser has none. */
  const written = (credential) => {
    if (credential.toJSON) return credential.toJSON();
    const { response } = credential;
    const answer = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
      if (response[name]) answer[name] = text(response[name]);
    if (response.getTransports) answer.transports = response.getTransports();
    return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response: answer, clientExtensionResults: {} };
  };

  const WORDS = {
    NotAllowedError: "Nothing was confirmed. Try again, or use another way.",
    InvalidStateError: "This device has a passkey for this account already.",
    SecurityError: "Passkeys work only at the address that the console is known by.",
  };

  const ask = async (form) => {
    const options = JSON.parse(form.dataset.options);
    const isNew = form.dataset.passkey === "create";
    const credential = isNew
      ? await navigator.credentials.create({ publicKey: toCreate(options) })
      : await navigator.credentials.get({ publicKey: toGet(options) });
    form.querySelector("[data-answer]").value = JSON.stringify(written(credential));
    form.submit();
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const words = form.querySelector("[role=alert]");
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      words.hidden = true;
      form.setAttribute("aria-busy", "true");
      ask(form)
        .catch((error) => {
          words.textContent = WORDS[error.name] || "The passkey did not work. Try again, or use another way.";
          words.hidden = false;
        })
        .finally(() => form.removeAttribute("aria-busy"));
    });
  }
})();
