/**
 * What a visitor allows, carried out on a page: the banner that asks, other companies' scripts, and what those are told.
 *
 *   <script src="/avow/choices.js" defer></script>
 *
 * The server decides from the signals and the choices cookie, which no script can read; this file asks it once a page
 * (`GET /avow/choices`) and obeys. Nothing of another company is loaded before the answer, and nothing when none comes.
 * After a choice, in this page (an event `avow:choices` on the document) or in another tab, it asks again: what is no longer allowed
 * is taken out of the page and its cookies and storage keys are deleted, as far as a page can; what its script already did cannot be
 * undone in this page, and the next page does not load it.
 *
 * A browser that keeps no choice could not keep a no either. The server sets a cookie with its first answer and lets
 * nothing load before that came back; so this file asks a second time then, in the same view (`kept`).
 *
 * `__gpp` and `__uspapi` answer other companies' scripts (IAB GPP 1.1, section usca; US Privacy). Both are answered only
 * from what the server said. A page within another one of this origin leaves all of it to that one.
 */
import { askInVain, isWithin, tellOthers, whenChosen, whenSeen } from "./everywhere.js";
import STYLE from "./asking.css?text";
import "./stub.js";

(() => {
  if (isWithin() || window.avowChoices) return; // a page that has the line twice asks once
  window.avowChoices = true;
  askInVain();
  const script = document.currentScript;
  const endpoint = (script && script.dataset.endpoint) || "/avow/choices";
  const loaded = new Map(); // name of a third party -> its element
  const waiting = []; // calls of __gpp and __uspapi before the server answered
  const listeners = new Map();
  const served = script && script.dataset.served !== undefined; // by Avow, with its own banner and its own words about signals
  let state;
  let asking = Promise.resolve(); // the server, for the last time
  let nextListener = 1;

  /** The signals that a script can see: some browsers' extensions set them on the page and cannot send a header (11 CCR 7025(b)(1)). */
  const signals = () => [
    ...(/^(true|1)$/.test(navigator.globalPrivacyControl) ? ["gpc"] : []),
    ...(navigator.doNotTrack == 1 || window.doNotTrack == 1 ? ["dnt"] : []),
  ];

  const SECTION = 8;
  const ping = () => ({
    gppVersion: "1.1",
    cmpStatus: state ? "loaded" : "loading",
    cmpDisplayStatus: "hidden",
    signalStatus: state ? "ready" : "not ready",
    supportedAPIs: [`${SECTION}:usca`],
    cmpId: 1,
    sectionList: state ? [SECTION] : [],
    applicableSections: state ? [SECTION] : [],
    gppString: state ? state.gpp : "",
    parsedSections: state ? { usca: [state.usca] } : {},
  });
  const commands = {
    ping: (call) => call(ping(), true),
    hasSection: (call, name) => call(name === "usca", true),
    getSection: (call, name) => call(name === "usca" ? [state.usca] : null, true),
    getField: (call, name) => call(name.startsWith("usca.") ? (state.usca[name.slice(5)] ?? null) : null, true),
    addEventListener: (call) => {
      const listenerId = nextListener++;
      listeners.set(listenerId, call);
      call({ eventName: "listenerRegistered", listenerId, data: true, pingData: ping() }, true);
      if (state) call({ eventName: "signalStatus", listenerId, data: "ready", pingData: ping() }, true);
    },
    removeEventListener: (call, listenerId) => call(listeners.delete(listenerId), true),
  };
  const before = [window.__gpp, window.__uspapi];
  window.__gpp = (command, call, parameter) => {
    if (!commands[command]) call(null, false);
    else if (state || command === "ping" || command.endsWith("EventListener")) commands[command](call, parameter);
    else waiting.push(() => commands[command](call, parameter));
  };
  window.__uspapi = (command, version, call) => {
    if (command !== "getUSPData" || version !== 1) call(null, false);
    else if (state) call({ version: 1, uspString: state.us_privacy }, true);
    else waiting.push(() => window.__uspapi(command, version, call));
  };
  for (const call of before[0].queue || []) window.__gpp(...call);
  for (const call of before[1].queue || []) window.__uspapi(...call);

  const forget = (name) => {
    try {
      localStorage.removeItem(name);
      sessionStorage.removeItem(name);
    } catch {
      // storage is switched off: then nothing is in it
    }
    const labels = location.hostname.split(".");
    const domains = ["", ...labels.slice(0, -1).map((_, at) => `; domain=${labels.slice(at).join(".")}`)];
    for (const domain of domains) document.cookie = `${name}=; Max-Age=0; path=/${domain}`;
  };

  const obey = () => {
    for (const party of state.third_parties) {
      const element = loaded.get(party.name);
      if (party.allowed && !element) {
        const added = document.createElement(party.kind === "tag" ? "script" : "img");
        if (party.kind === "tag") added.async = true;
        else added.alt = "";
        added.referrerPolicy = "strict-origin";
        added.src = party.address;
        if (party.kind === "tag") document.head.append(added);
        loaded.set(party.name, added);
      } else if (!party.allowed) {
        if (element) element.remove();
        loaded.delete(party.name);
        party.stores.forEach(forget);
      }
    }
  };

  /** What is left free at the end of the page, so that the banner covers none of it; it stays when the banner goes, so that nothing moves. */
  const ROOM = "html{scroll-padding-bottom:var(--avow-banner-most)}html body{margin-bottom:var(--avow-banner-most)}@media print{html body{margin-bottom:0}}";
  const sheetOf = (text) => {
    const sheet = new CSSStyleSheet(); // allowed by "style-src 'self'", which a style element is not
    sheet.replaceSync(text);
    return sheet;
  };
  /** The website's look, once; without it the banner has the browser's own colours. */
  let look;
  const dressed = () => (look ??= state.look ? fetch(state.look).then((got) => (got.ok ? got.text() : "")).catch(() => "") : Promise.resolve(""));
  let room;

  const answer = async (said) => {
    const body = JSON.stringify(said);
    const headers = { "content-type": "application/json" };
    const response = await fetch(endpoint, { method: "POST", body, headers, credentials: "same-origin" });
    if (!response.ok) return false;
    document.dispatchEvent(new Event("avow:choices"));
    await asking;
    return true;
  };

  /**
   * The banner for pages that Avow did not render: the same words, buttons and style, in a shadow tree. It stands before the body, where
   * no rule for the first or the next child of a page takes it for one, and keyboards come to it first.
   */
  const ask = async () => {
    const asked = state.kept ? state.choices.filter((one) => one.ask) : []; // whose answer no browser keeps is not asked for one
    const names = asked.map((one) => one.name);
    const before = document.querySelector("avow-asking");
    if (before && before.dataset.asked === names.join(" ")) return;
    before?.remove();
    if (!asked.length || document.querySelector(".asking")) return;
    const host = document.createElement("avow-asking");
    host.dataset.asked = names.join(" ");
    const root = host.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheetOf(STYLE), sheetOf(await dressed())];
    if (document.querySelector("avow-asking, .asking")) return;
    const make = (name, text, parent) => {
      const element = document.createElement(name);
      if (text) element.textContent = text;
      parent.append(element);
      return element;
    };
    const section = make("section", "", root);
    section.className = "asking";
    section.setAttribute("aria-labelledby", "asking");
    const asks = make("div", "", section); // no form: a page with one is not recorded
    asks.className = "asks";
    const box = make("div", "", asks);
    box.className = "asked";
    make("h2", `${state.company} asks: may we?`, box).id = "asking";
    const words = make("p", "These are off, and stay off unless you allow them. ", box);
    words.setAttribute("role", "status");
    make("a", "Choose one by one", words).href = "/privacy/choices";
    const list = make("ul", "", box);
    for (const one of asked) {
      const item = make("li", "", list);
      make("strong", one.label, item);
      if (one.description) item.append(`: ${one.description}`);
    }
    const buttons = make("p", "", asks);
    buttons.className = "answers";
    const button = (text, said) => {
      const made = make("button", text, buttons);
      made.type = "button";
      made.addEventListener("click", async ({ isTrusted }) => {
        // A press that a script made up is an answer of that script.
        const kept = await answer(isTrusted ? { ...said, pressed: true } : said).catch(() => false);
        if (kept) host.remove();
        else words.textContent = "Your answer could not be kept. Nothing was switched on; please try again.";
      });
    };
    button("Do not allow", { opt_out: names });
    button("Allow", { opt_in: names });
    if (!room) document.adoptedStyleSheets = [...document.adoptedStyleSheets, (room = sheetOf(STYLE + ROOM))];
    document.documentElement.insertBefore(host, document.body);
  };

  /** On pages that Avow did not render, say that a signal is heard (11 CCR 7025(c)(6)); at the end of the page, over nothing. */
  const acknowledge = () => {
    const isHeard = state.choices.some((one) => one.stopped_by.length);
    const said = document.querySelector("avow-signal");
    if (!isHeard) said?.remove();
    if (!isHeard || said || served) return;
    const host = document.createElement("avow-signal");
    const root = host.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [
      sheetOf(":host{all:initial;display:block}p{margin:1rem;text-align:center;font:1rem/1.5 system-ui,sans-serif;color:CanvasText;background:Canvas}"),
    ];
    const words = document.createElement("p");
    words.setAttribute("role", "status");
    words.textContent = "Opt-out preference signal honoured";
    root.append(words);
    document.body.append(host);
  };

  /** The link to the choices, at the end of a page whose own footer has none (11 CCR 7013, 7015): over nothing, and once. */
  const link = () => {
    const before = document.querySelector("avow-links");
    if (!state.link) before?.remove();
    if (!state.link || before || [...document.links].some((one) => one.pathname === state.link.address)) return;
    const host = document.createElement("avow-links");
    const root = host.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [
      sheetOf(":host{all:initial;display:block}nav{margin:1rem;text-align:center;font:1rem/1.5 system-ui,sans-serif}a{color:LinkText}img{height:1em;width:auto;vertical-align:-0.1em}"),
    ];
    const nav = document.createElement("nav");
    nav.setAttribute("aria-label", "Privacy");
    const anchor = document.createElement("a");
    anchor.href = state.link.address;
    anchor.textContent = `${state.link.title} `;
    const icon = document.createElement("img");
    icon.src = state.link.icon;
    icon.alt = "";
    [icon.width, icon.height] = [30, 14]; // its proportions: the words next to it move when a picture of unknown width comes
    anchor.append(icon);
    nav.append(anchor);
    root.append(nav);
    document.body.append(host);
  };

  const get = async () => {
    const asked = new URLSearchParams();
    if (loaded.size) asked.set("loaded", [...loaded.keys()].join(" ")); // in this page already: the server counts each page's once
    if (signals().length) asked.set("signals", signals().join(" "));
    const address = String(asked) ? `${endpoint}?${asked}` : endpoint;
    const response = await fetch(address, { credentials: "same-origin", cache: "no-store" });
    return response.ok ? response.json() : undefined;
  };
  const refresh = async () => {
    let answered = await get();
    if (answered && !answered.kept) answered = await get(); // the cookie came with the first answer: does this browser return it?
    if (!answered) return;
    state = answered;
    obey();
    await ask();
    acknowledge();
    link();
    for (const call of waiting.splice(0)) call();
    for (const [listenerId, call] of listeners) {
      call({ eventName: "sectionChange", listenerId, data: "usca", pingData: ping() }, true);
      call({ eventName: "signalStatus", listenerId, data: "ready", pingData: ping() }, true);
    }
  };
  /** One after the other, so that the server is told what the last answer let load; without an answer nothing is loaded and nothing is asked. */
  const again = () => (asking = asking.then(refresh).catch(() => {}));
  whenSeen(() => {
    whenChosen(again);
    document.addEventListener("avow:choices", tellOthers);
    again();
  });
})();
