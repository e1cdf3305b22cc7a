/**
 * The console's player of a session recording: fetches the chunks one by one, and plays what is there meanwhile.
 *
 * Buttons and a slider are the browser's own controls, so that the keyboard works them; the page that is replayed lies in
 * a sandboxed frame in which no script runs.
 */
import { Replayer } from "@rrweb/replay";

const player = document.querySelector("[data-player]");
const stage = player.querySelector("[data-stage]");
const find = (name) => player.querySelector(`[data-${name}]`);
const [toggle, place, speed, clock, state] = ["toggle", "place", "speed", "clock", "state"].map(find);
let replayer;
let playing = false;

const words = (milliseconds) => {
  const seconds = Math.floor(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
};

const chunk = async (seq) => {
  const answer = await fetch(`${player.dataset.player}/chunks/${seq}`, { headers: { "Avow-Ticket": player.dataset.ticket } });
  return answer.ok ? answer.json() : [];
};

const fit = () => {
  const { iframe, wrapper } = replayer;
  const width = Number(iframe.width) || 1024;
  const height = Number(iframe.height) || 768;
  const scale = Math.min(1, stage.clientWidth / width);
  wrapper.style.transform = `scale(${scale})`;
  stage.style.height = `${Math.ceil(height * scale)}px`;
};

const show = () => {
  const { totalTime } = replayer.getMetaData();
  const now = Math.max(0, Math.min(totalTime, replayer.getCurrentTime()));
  place.max = totalTime;
  place.value = now;
  place.setAttribute("aria-valuetext", `${words(now)} of ${words(totalTime)}`);
  clock.textContent = `${words(now)} / ${words(totalTime)}`;
};

const setPlaying = (is) => {
  playing = is;
  toggle.textContent = is ? "Pause" : "Play";
};

const play = (from) => {
  replayer.play(from);
  setPlaying(true);
};

const begin = (events) => {
  replayer = new Replayer(events, { root: stage, speed: Number(speed.value), mouseTail: { strokeStyle: "#b0491f" }, showWarning: false, useVirtualDom: false });
  replayer.iframe.title = "The recorded page";
  replayer.iframe.tabIndex = -1;
  replayer.on("resize", fit);
  replayer.on("finish", () => setPlaying(false));
  addEventListener("resize", fit);
  toggle.addEventListener("click", () => {
    if (playing) {
      replayer.pause();
      setPlaying(false);
    } else {
      const { totalTime } = replayer.getMetaData();
      play(replayer.getCurrentTime() >= totalTime ? 0 : replayer.getCurrentTime());
    }
  });
  place.addEventListener("input", () => {
    const at = Number(place.value);
    if (playing) play(at);
    else replayer.pause(at);
    show();
  });
  speed.addEventListener("change", () => replayer.setConfig({ speed: Number(speed.value) }));
  for (const control of [toggle, place, speed]) control.disabled = false;
  setInterval(show, 200);
  replayer.pause(0);
  fit();
  show();
};

const load = async () => {
  const places = player.dataset.chunks.split(" ").filter(Boolean);
  const waiting = [];
  for (const seq of places) {
    state.textContent = `Loading part ${places.indexOf(seq) + 1} of ${places.length}`;
    for (const event of await chunk(seq)) {
      if (replayer) replayer.addEvent(event);
      else waiting.push(event);
    }
    if (!replayer && waiting.some((event) => event.type === 2) && waiting.length > 1) begin(waiting.splice(0));
  }
  state.textContent = replayer ? "" : "This recording holds no page that could be shown.";
  if (replayer) show();
};
load();
