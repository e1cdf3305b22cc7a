/**
 * What a form on a page that Avow did not render needs: its notice at collection, the guard, and errors next to what was typed.
 *
 *   <script src="/avow/form.js" defer></script>
 *   <form action="/avow/forms/contact-form" method="post"> ... </form>
 *
 * Every such form of the page is seen to, also one that an application puts in later. The notice is Avow's own page about the form,
 * above the fields; a link to it is there until it has come. The guard's token is asked for when somebody begins to fill the form
 * in, so that the page may lie in any cache. What is typed goes to the form's own address and nowhere else.
 *
 * Taken: an event `avow:sent` on the form, with `detail` {reference, dropped, masked, thanks}; unless a listener prevents the default, the
 * page of thanks is opened. Not taken: the words are next to their fields, and the first of them has the focus. A form in a
 * shadow tree is left alone: it is sent as without script, and comes back on Avow's own page with what was typed.
 */
import { canProve, prove } from "./proof.js";

(() => {
  if (window.avowForms) return; // a page that has the line twice
  window.avowForms = true;
  const PLACE = /^\/avow\/forms\/([a-z0-9-]+)$/;
  const SELECTOR = 'form[action*="/avow/forms/"]';
  const WAIT = 5500; // milliseconds after which a check is passed where no proof can be found
  const AGAIN = "It could not be sent. What you wrote is still here; please try again.";
  const sending = new WeakSet();
  const asked = new WeakMap(); // form -> whether its token was asked for
  let numbers = 0;

  /** Return the collection point of a form; nothing for a form of somebody else. A field may be called "action". */
  const pointOf = (form) => {
    const address = new URL(form.getAttribute("action"), document.baseURI);
    return address.origin === location.origin ? PLACE.exec(address.pathname)?.[1] : undefined;
  };

  const make = (name, text, attributes = {}) => {
    const element = document.createElement(name);
    element.textContent = text;
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };

  const ask = (method, address, kind, body, progress) =>
    new Promise((done, failed) => {
      const request = new XMLHttpRequest();
      request.open(method, address);
      request.responseType = kind;
      if (kind === "json") request.setRequestHeader("accept", "application/json");
      if (progress) request.upload.onprogress = ({ loaded, total }) => progress(loaded / total);
      request.onload = () => done(request);
      request.onerror = failed;
      request.send(body);
    });

  /** Put the notice above the fields. An XMLHttpRequest reads it: no text becomes a page by a script (Trusted Types). */
  const inform = async (form, point) => {
    if (form.querySelector(".notice-at-collection")) return; // the page has it
    const address = `/avow/notices/${point}`;
    const place = make("p", "");
    place.append(make("a", "Notice at collection", { href: address }));
    form.prepend(place);
    const { status, response } = await ask("GET", address, "document").catch(() => ({}));
    const notice = status === 200 && response?.querySelector(".notice-at-collection");
    if (notice) place.replaceWith(document.importNode(notice, true));
  };

  const hidden = (form, name, value) => {
    const field = form.querySelector(`input[name="${name}"]`) ?? make("input", "", { type: "hidden", name });
    field.value = value;
    form.append(field);
  };

  /** Put the guard in: a field that no person sees, and when the form was begun, in the server's word. */
  const guard = (form, point) => {
    if (asked.has(form)) return asked.get(form);
    if (!form.querySelector('[name="avow-website"]')) {
      const trap = make("div", "", { hidden: "" });
      const label = make("label", "Please leave this empty");
      label.append(make("input", "", { name: "avow-website", tabindex: "-1", autocomplete: "off" }));
      trap.append(label);
      form.append(trap);
    }
    if (form.querySelector('[name="avow-token"]')) return undefined; // the page has one
    const answer = ask("GET", `/avow/forms/${point}/token`, "json").then(
      ({ status, response }) => status === 200 && hidden(form, "avow-token", response.token),
      () => asked.delete(form), // asked again at the next key
    );
    asked.set(form, answer);
    return answer;
  };

  const see = (form) => {
    const point = pointOf(form);
    if (point && form.dataset.avowSeen === undefined) {
      form.dataset.avowSeen = "";
      inform(form, point);
    }
  };

  const forget = (form) => {
    for (const words of form.querySelectorAll(".avow-error, .avow-sending")) {
      for (const field of form.querySelectorAll(`[aria-describedby~="${words.id}"]`)) {
        field.removeAttribute("aria-invalid");
        const others = field.getAttribute("aria-describedby").split(" ");
        field.setAttribute("aria-describedby", others.filter((id) => id && id !== words.id).join(" "));
        if (!field.getAttribute("aria-describedby")) field.removeAttribute("aria-describedby");
      }
      words.remove();
    }
  };

  /** Say what has to be mended: each word after its field, the rest above the form; the focus goes to the first. */
  const tell = (form, errors) => {
    const fields = [...form.elements];
    const above = [];
    const wrong = [];
    for (const [name, words] of Object.entries(errors)) {
      const field = name && fields.find((one) => one.name === name && one.type !== "hidden"); // "": the form as a whole
      if (!field) above.push(words);
      else wrong.push([field, words]);
    }
    wrong.sort(([a], [b]) => fields.indexOf(a) - fields.indexOf(b));
    for (const [field, words] of wrong) {
      const mark = make("span", words, { class: "avow-error", id: `avow-error-${++numbers}` });
      field.after(mark);
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") ?? ""} ${mark.id}`.trim());
    }
    const summary = wrong.length ? ["It is not sent yet: please look at what is marked. What you wrote is still here.", ...above] : above;
    const alert = make("p", summary.join(" "), { class: "avow-error", id: `avow-error-${++numbers}`, role: "alert", tabindex: "-1" });
    form.prepend(alert);
    (wrong[0]?.[0] ?? alert).focus();
  };

  const said = (form, attribute) => (form.getAttribute(attribute) ?? "").toLowerCase(); // a field may be called "method"
  const isMultipart = (form) => said(form, "enctype") === "multipart/form-data";

  /** Return what the form sends: as its own encoding says, so that files come along. */
  const bodyOf = (form, more, submitter) => {
    const data = new FormData(form, submitter);
    for (const [name, value] of Object.entries(more)) data.set(name, value);
    return isMultipart(form) ? data : new URLSearchParams([...data].filter(([, value]) => typeof value === "string"));
  };

  const passed = async ({ reason, bits, "avow-check": check }) => {
    if (canProve() && reason !== "not-passed") return { "avow-check": check, "avow-proof": await prove(check, bits) };
    await new Promise((done) => setTimeout(done, WAIT));
    return { "avow-check": check };
  };

  const send = async (form, point, submitter) => {
    forget(form);
    const words = make("p", "Sending …", { class: "avow-sending", id: `avow-sending-${++numbers}`, role: "status" });
    form.append(words);
    let bar;
    const progress = (part) => {
      if (!bar) words.append((bar = make("progress", "", { max: "1", "aria-label": "Sent" })));
      bar.value = part;
    };
    await guard(form, point);
    const address = new URL(form.getAttribute("action"), document.baseURI).pathname;
    const post = (more) => ask("POST", address, "json", bodyOf(form, more, submitter), isMultipart(form) && progress);
    let answer = await post({});
    for (let more = 2; answer.status === 428 && more; more -= 1) answer = await post(await passed(answer.response));
    const { status, response } = answer;
    forget(form);
    if (status === 201) {
      const sent = new CustomEvent("avow:sent", { bubbles: true, cancelable: true, detail: response });
      asked.delete(form); // a token is of one form
      form.querySelector('input[name="avow-token"]')?.remove();
      form.reset();
      if (form.dispatchEvent(sent)) location.assign(response.thanks);
    } else tell(form, response?.errors ?? { "": response?.detail || AGAIN });
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const point = !event.defaultPrevented && form.matches(SELECTOR) && said(form, "method") === "post" && pointOf(form);
    if (!point || event.submitter?.hasAttribute("formaction")) return;
    event.preventDefault();
    if (sending.has(form)) return;
    sending.add(form);
    form.setAttribute("aria-busy", "true");
    send(form, point, event.submitter)
      .catch(() => (forget(form), tell(form, { "": AGAIN })))
      .finally(() => {
        sending.delete(form);
        form.removeAttribute("aria-busy");
      });
  });
  for (const kind of ["focusin", "input", "change"])
    document.addEventListener(kind, ({ target }) => {
      const form = target.form ?? target.closest?.("form");
      const point = form?.matches(SELECTOR) && pointOf(form);
      if (point) guard(form, point);
    });
  const look = () => document.querySelectorAll(SELECTOR).forEach(see);
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
  look();
})();
