/**
 * The session recorder: movements, scrolling and the page's boxes, for a visitor who said yes.
 *
 * The server renders its script tag (or tells replay.js its address) only after policy, yes and signals allow it, so this
 * file is not even requested before. It looks again itself: a signal, a form on the page, or a page of the list of those
 * that are never recorded, ends it. Every event goes through the allow-list of scrub.js before it is kept in memory; what
 * may hold typed or hidden things is not even observed (`blockSelector`). Nothing is stored in the browser.
 *
 * A chunk is sent every 10 seconds or 24 KB, packed where the browser can, one after the other; the last one by beacon.
 */
import { record } from "@rrweb/record";
import { isWithin, tellOthers, whenChosen, whenSeen } from "./everywhere.js";
import { isNeverRecorded, scrub } from "./scrub.js";

const script = document.currentScript;
const EVERY_MS = 10_000;
const LONGEST_MS = 30 * 60_000; // of one page; nobody watches more, and nobody expects more
const CHARACTERS = 24_000; // buffered before a chunk is sent; a beacon of all that waits stays below 64 KiB
const ADDRESS = "/avow/recordings";
const never =
  "form,input,textarea,select,[contenteditable]:not([contenteditable=false]),[data-avow-mask],svg,canvas,iframe,object,embed,video,audio,dialog";
const id = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

let buffer = [];
let characters = 0;
let seq = 0;
let page = location.pathname;
let sending = Promise.resolve();
let finish; // ends the recording; set while it runs

/** Whether a form is in this tree, or in an open shadow tree below it. */
const hasForm = (root) => !!root.querySelector("form") || [...root.querySelectorAll("*")].some(({ shadowRoot }) => shadowRoot && hasForm(shadowRoot));

/** Whether a form comes into the page with this event: the library names it before it is scrubbed, wherever it stands. */
const brings = (node) => node.tagName == "form" || !!node.childNodes?.some(brings);
const bringsForm = ({ data }) => data.source == 0 && data.adds.some(({ node }) => node.type && !node.rootId && brings(node)); // what is in a frame is not this page's

const isAllowed = () =>
  !(/^(true|1)$/.test(navigator.globalPrivacyControl) || navigator.doNotTrack == 1) && !document.forms.length && !isNeverRecorded(location.pathname);

/** Take what is buffered as the text of the next chunk. */
const take = () => {
  const events = `[${buffer.join()}]`;
  buffer = [];
  characters = 0;
  return `{"point":${JSON.stringify(script.dataset.point)},"recording":"${id}","seq":${seq++},"page":${JSON.stringify(page.slice(0, 500))},"events":${events}}`;
};

const packed = async (text) =>
  "CompressionStream" in window
    ? new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer()
    : text;

const send = (body) => fetch(ADDRESS, { method: "POST", body, credentials: "same-origin" });

const flush = () => {
  if (!buffer.length) return;
  if (hasForm(document)) return end(); // one in a part that is not observed
  const text = take();
  sending = sending.then(() => packed(text)).then(send).then((answer) => {
    if (answer.status != 204) end(); // the yes is gone, or a chunk is too large: without one of them the rest shows nothing
  }).catch(() => end());
};

const emit = (event) => {
  if (!isAllowed() || bringsForm(event)) return end();
  const clean = scrub(event);
  if (!clean) return;
  if (location.pathname != page) {
    flush();
    page = location.pathname;
  }
  const text = JSON.stringify(clean);
  buffer.push(text);
  characters += text.length;
  if (characters > CHARACTERS) flush();
};

/** The sign that it runs, and the button that ends it; out of the recording, and of the page's styles. */
const indicator = () => {
  const host = document.createElement("div");
  host.dataset.avowMask = "";
  const root = host.attachShadow({ mode: "open" });
  const style = new CSSStyleSheet(); // allowed by "style-src 'self'", which a style element is not
  style.replaceSync(
    `section{position:fixed;z-index:2147483645;inset:auto auto 1rem 1rem;display:flex;gap:.8rem;align-items:center;max-width:calc(100vw - 2rem);box-sizing:border-box;padding:.5rem .6rem .5rem 1rem;border-radius:.6rem;border:1px solid #fff;background:#14211f;color:#fff;font:15px/1.4 system-ui,sans-serif}
p{margin:0}p:not(:only-child):before{content:"";display:inline-block;width:.65em;height:.65em;margin-right:.5em;border-radius:50%;background:#ff6b5e}
.above{inset:1rem auto auto 1rem}.before{position:static}
button{font:inherit;font-weight:600;min-height:2.2rem;padding:.2rem .8rem;border:0;border-radius:.4rem;background:#fff;color:#14211f;white-space:nowrap;cursor:pointer}button:focus-visible{outline:3px solid #ffc94d;outline-offset:2px}
@media print{section{display:none}}`,
  );
  root.adoptedStyleSheets = [style];
  const section = document.createElement("section");
  const words = document.createElement("p");
  const button = document.createElement("button");
  section.setAttribute("aria-label", "Session recording");
  words.setAttribute("role", "status");
  words.textContent = "This visit is being recorded";
  button.textContent = "Stop and delete";
  button.onclick = stop;
  section.append(words, button);
  root.append(section);
  document.body.append(host);
  return { host, section, words, button };
};

/** End the recording, and take the sign away: it stands there only while it is true. A later yes loads this file again. */
const end = () => {
  finish?.();
  finish = undefined;
  buffer = [];
  sign.host.remove();
  script.remove();
};

/** Ask whether the yes still holds, when something was chosen, here or in another tab; without an answer it does not. */
const look = async () => {
  if (!finish) return;
  const { status } = await fetch(`/avow/recording?page=${encodeURIComponent(location.pathname)}`, { credentials: "same-origin" }).catch(() => ({}));
  if (status != 200) end();
};

const covers = (one, other) => one.top < other.bottom && other.top < one.bottom && one.left < other.right && other.left < one.right;

/** Put the sign where it covers no question: below, else above, else before the page. */
const place = () => {
  const question = document.querySelector("avow-asking")?.shadowRoot.querySelector("section") || document.querySelector(".asking");
  for (const where of ["below", "above", "before"]) {
    sign.section.className = where;
    if (where == "before" && document.body.firstChild != sign.host) document.body.prepend(sign.host);
    if (!question || !covers(sign.section.getBoundingClientRect(), question.getBoundingClientRect())) return;
  }
};

/** Stopping takes the yes back: the server switches the choice off and erases what came so far. */
const stop = async () => {
  const { words, button, host } = sign;
  end();
  document.body.append(host);
  button.disabled = true;
  await sending;
  const body = JSON.stringify({ recording: id });
  const answer = await fetch(`${ADDRESS}/stop`, { method: "POST", body, credentials: "same-origin" }).catch(() => ({}));
  button.disabled = answer.status == 204;
  document.dispatchEvent(new Event("avow:choices"));
  tellOthers();
  words.textContent = button.disabled ? "Stopped, and deleted" : "Stopped, but not deleted yet. Please try again";
  if (button.disabled) {
    button.remove();
    setTimeout(() => host.remove(), 6_000);
  }
};

/** A picture has no address in a recording, so it is told how large it is, once it is there. */
const loaded = ({ target }) => {
  if (target.tagName != "IMG" || record.mirror.getId(target) < 0) return;
  const { width, height } = target.getBoundingClientRect();
  const attributes = { style: { width: `${Math.round(width)}px`, height: `${Math.round(height)}px` } };
  const data = { source: 0, texts: [], removes: [], adds: [], attributes: [{ id: record.mirror.getId(target), attributes }] };
  emit({ type: 3, data, timestamp: Date.now() });
};

let sign;
const start = () => {
  if (!isAllowed() || hasForm(document) || !script.dataset.point) return;
  sign = indicator();
  buffer.push(JSON.stringify({ type: 5, data: { tag: "avow-consent", payload: {} }, timestamp: Date.now() }));
  const halt = record({
    emit,
    blockSelector: never,
    maskAllInputs: true,
    inlineStylesheet: false,
    recordCanvas: false,
    collectFonts: false,
    slimDOMOptions: "all",
    sampling: { input: "last", media: 800, scroll: 150, mousemove: 50 },
  });
  for (const target of document.images) if (target.complete) loaded({ target });
  const timer = setInterval(flush, EVERY_MS);
  const limit = setTimeout(() => (flush(), end()), LONGEST_MS);
  const leave = () => document.visibilityState == "hidden" && finish && buffer.length && navigator.sendBeacon(ADDRESS, take());
  document.addEventListener("visibilitychange", leave);
  document.addEventListener("load", loaded, true);
  const comes = new MutationObserver(place);
  for (const where of [document.documentElement, document.body]) comes.observe(where, { childList: true }); // a banner is in either
  for (const name of ["resize", "scroll"]) addEventListener(name, place, { passive: true });
  place();
  finish = () => {
    halt?.();
    clearInterval(timer);
    clearTimeout(limit);
    document.removeEventListener("visibilitychange", leave);
    document.removeEventListener("load", loaded, true);
    comes.disconnect();
    for (const name of ["resize", "scroll"]) removeEventListener(name, place);
  };
};
whenChosen(look);
// Deferred: the page is parsed. One within another page of this origin is seen, as an empty box, in that one's recording.
if (!isWithin()) whenSeen(start);
