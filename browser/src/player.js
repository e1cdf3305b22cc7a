/**
 * The console's player of a recorded visit: its pages one after the other, without what lay between them.
 *
 * Buttons and a slider are the browser's own controls, so that the keyboard works them; the page that is replayed lies in
 * a sandboxed frame in which no script runs. A page is fetched when it is come to, the next one meanwhile. One that was
 * erased since the player was opened is said to be gone, and passed over.
 */
import { Replayer } from "@rrweb/replay";

const player = document.querySelector("[data-player]");
const stage = player.querySelector("[data-stage]");
const parts = player.querySelector("[data-parts]");
const find = (name) => player.querySelector(`[data-${name}]`);
const [toggle, place, speed, pauses, clock, state] = ["toggle", "place", "speed", "pauses", "clock", "state"].map(find);
const pages = [...player.querySelectorAll("[data-recording]")].map((button) => ({
  button,
  name: button.textContent.trim(),
  address: button.dataset.recording,
  ticket: button.dataset.ticket,
  chunks: button.dataset.chunks.split(" ").filter(Boolean),
  length: Number(button.dataset.seconds) * 1000, // milliseconds; exact once its events are here
  isGone: false,
  events: undefined, // a promise of them, once they were asked for
}));
/** A picture is recorded as an empty box. */
const PICTURES = ["img { background: #8884; outline: 1px solid #8888; outline-offset: -1px; }"];
let replayer; // of the page that is shown
let shown = -1;
let playing = false;
let lifted; // the timer by which a finger goes

const words = (milliseconds) => {
  const seconds = Math.floor(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
};

const chunk = async ({ address, ticket }, seq) => {
  const answer = await fetch(`${address}/chunks/${seq}`, { headers: { "Avow-Ticket": ticket } }).catch(() => ({}));
  return answer.ok ? answer.json() : [];
};

/** The events of a page that came with it: a recording that its own person got as one file, which is played without the network. */
const enclosed = document.querySelector("[data-events]");

const all = async (page) => {
  if (enclosed) return JSON.parse(enclosed.textContent);
  const events = [];
  for (const seq of page.chunks) events.push(...(await chunk(page, seq)));
  return events;
};

/** Fetch a page's events, once. */
const fetched = (page) => (page.events ??= all(page));

const fit = () => {
  if (!replayer) return;
  const { iframe, wrapper } = replayer;
  const width = Number(iframe.width) || 1024;
  const height = Number(iframe.height) || 768;
  const scale = Math.min(1, stage.clientWidth / width);
  wrapper.style.transform = `scale(${scale})`;
  stage.style.height = `${Math.ceil(height * scale)}px`;
};

/** How long the pages before this one are, milliseconds. */
const before = (index) => pages.slice(0, index).reduce((sum, { length }) => sum + length, 0);

const show = () => {
  if (!replayer) return;
  const total = before(pages.length);
  const now = before(shown) + Math.max(0, Math.min(pages[shown].length, replayer.getCurrentTime()));
  place.max = total;
  place.value = now;
  place.setAttribute("aria-valuetext", `${words(now)} of ${words(total)}, page ${shown + 1} of ${pages.length}`);
  clock.textContent = `${words(now)} / ${words(total)}`;
};

const setPlaying = (is) => {
  playing = is;
  toggle.textContent = is ? "Pause" : "Play";
};

const go = (at) => {
  if (playing) replayer.play(at);
  else replayer.pause(at);
  show();
};

const PAUSE = 10_000; // milliseconds without anything that happens: nobody may be there, so it is no part's; the library skips as much

/**
 * How long each part of a page was in front of somebody, milliseconds: a part is as high as the window was when the page was opened,
 * and a moment in which the window shows two of them is shared out by how much of each it shows.
 */
const timeOfParts = (events) => {
  const page = events.find(({ type }) => type === 2);
  const screen = events.find(({ type }) => type === 4)?.data.height || 768;
  const found = [];
  let top = page.data.initialOffset.top;
  let since = page.timestamp;
  for (const { type, data, timestamp } of events.filter((event) => event.timestamp >= page.timestamp)) {
    const time = timestamp - since;
    const first = Math.floor(top / screen);
    const second = top / screen - first; // share of the window that shows the part below
    if (time <= PAUSE) {
      found[first] = (found[first] || 0) + time * (1 - second);
      if (second) found[first + 1] = (found[first + 1] || 0) + time * second;
    }
    since = timestamp;
    if (type === 3 && data.source === 3 && data.id === page.data.node.id) top = Math.max(0, data.y);
  }
  return Array.from(found, (time, part) => ({ from: part * screen, to: (part + 1) * screen, time: time || 0 }));
};

const showParts = (events) => {
  const lines = timeOfParts(events).map(({ from, to, time }) => {
    const line = document.createElement("li");
    line.textContent = `${from} to ${to} px from the top: ${(time / 1000).toFixed(1)} s`;
    return line;
  });
  parts.replaceChildren(...lines);
};

const config = () => ({ speed: Number(speed.value), skipInactive: pauses.checked });

/** Say that a page is gone: erased since, or nothing in it can be shown. */
const pass = (page) => {
  page.isGone = true;
  page.length = 0;
  page.button.disabled = true;
  page.button.textContent = `${page.name} (no longer there)`;
};

const FINGER = 600; // milliseconds that a finger stays after it was last seen to move

/** Show a finger while it moves: where a swipe begins on a part that is never recorded, nothing but its movement is known. */
const showFinger = ({ type, data }) => {
  if (type !== 3 || data.source !== 6) return;
  const finger = replayer.wrapper.querySelector(".replayer-mouse");
  finger.classList.add("touch-active");
  clearTimeout(lifted);
  lifted = setTimeout(() => finger.classList.remove("touch-active"), FINGER);
};

const build = (page, events) => {
  replayer = new Replayer(events, { root: stage, ...config(), mouseTail: { strokeStyle: "#b0491f" }, showWarning: false, useVirtualDom: false, insertStyleRules: PICTURES });
  replayer.iframe.title = "The recorded page";
  replayer.iframe.tabIndex = -1;
  replayer.on("event-cast", showFinger);
  replayer.on("resize", fit);
  replayer.on("finish", () => {
    if (!playing) return;
    if (pages.slice(shown + 1).some(({ isGone }) => !isGone)) open(shown + 1, 0);
    else setPlaying(false);
  });
  page.length = replayer.getMetaData().totalTime;
};

/** Show a page of the visit from a place on, milliseconds; the next one that is still there when it is gone. */
const open = async (index, at) => {
  replayer?.destroy();
  replayer = undefined;
  parts.replaceChildren();
  shown = index;
  pages.forEach(({ button }, one) => (one === index ? button.setAttribute("aria-current", "true") : button.removeAttribute("aria-current")));
  const page = pages[index];
  state.textContent = `Loading page ${index + 1} of ${pages.length}`;
  const events = page.isGone ? [] : await fetched(page);
  if (shown !== index || replayer) return; // somebody went on meanwhile
  if (events.length < 2 || !events.some(({ type }) => type === 2)) {
    pass(page);
    const next = pages.findIndex(({ isGone }, one) => one > index && !isGone);
    if (next >= 0) return open(next, 0);
    page.button.removeAttribute("aria-current");
    state.textContent = pages.every(({ isGone }) => isGone) ? "This visit holds no page that could be shown." : "The visit ends here: what came after is no longer there.";
    setPlaying(false);
    for (const control of [toggle, place, speed, pauses]) control.disabled = true;
    return;
  }
  build(page, events);
  showParts(events);
  for (const control of [toggle, place, speed, pauses]) control.disabled = false;
  state.textContent = `Page ${index + 1} of ${pages.length}: ${page.name}`;
  fit();
  go(at);
  if (pages[index + 1]) fetched(pages[index + 1]);
};

toggle.addEventListener("click", () => {
  setPlaying(!playing);
  const isOver = replayer.getCurrentTime() >= pages[shown].length;
  const next = isOver ? pages.findIndex(({ isGone }, one) => one > shown && !isGone) : shown;
  if (playing && next < 0) open(pages.findIndex(({ isGone }) => !isGone), 0); // all of it was seen: from the beginning
  else if (next !== shown && playing) open(next, 0);
  else go(replayer.getCurrentTime());
});
place.addEventListener("input", () => {
  const at = Number(place.value);
  const index = Math.max(0, pages.findLastIndex(({ isGone }, one) => !isGone && before(one) <= at));
  if (index === shown) go(at - before(index));
  else open(index, at - before(index));
});
speed.addEventListener("change", () => replayer.setConfig(config()));
pauses.addEventListener("change", () => replayer.setConfig(config()));
pages.forEach(({ button }, index) => button.addEventListener("click", () => open(index, 0)));
addEventListener("resize", fit);
setInterval(show, 200);
open(Number(player.dataset.player), 0);
