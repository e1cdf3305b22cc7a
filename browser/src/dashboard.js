/**
 * The dashboard: its panels come a few at a time, and are asked again only when there is something new.
 *
 * The panel "live" is asked every few seconds while somebody looks at the page. Every answer says in which state the events are; when
 * that is another one than the figures are of, and the period holds the present, the panels are asked again. What a panel shows is known
 * by its ETag, and comes as 304 when it has not changed. A tab rests a hundred times as long as its answers took.
 */

/** Panels that are asked at a time: a browser opens six connections, and the engine answers two questions. */
const AT_ONCE = 3;
/** The least time between two looks, of the panel "live" and of the others, and how often it is seen whether it is over. Milliseconds. */
const LIVE_MS = 4_000;
const FIGURES_MS = 20_000;
const TICK_MS = 1_000;
/** So many times as long as answers took, nothing is asked again; but never longer than some minutes. */
const REST = 100;
const LONGEST_REST_MS = 300_000;
/** Who is here now is asked sooner: its first answer waited for other panels. Milliseconds. */
const LONGEST_LIVE_MS = 20_000;
/** A panel that takes longer is given up, and says so. Milliseconds. */
const LONGEST_MS = 60_000;
const STATE = "Avow-Events-State";

/** Load the page again when the first events of all have come; `page` shows how to have them come. */
const awaitFirst = (page) => {
  let mark = null;
  page.addEventListener("htmx:configRequest", ({ detail }) => {
    if (mark) detail.headers["If-None-Match"] = mark;
  });
  page.addEventListener("htmx:afterRequest", ({ detail: { xhr } }) => {
    if (xhr.status !== 200) return;
    if (xhr.getResponseHeader(STATE) !== page.dataset.state) location.reload();
    mark = xhr.getResponseHeader("ETag");
  });
};

/** How long to rest after answers that took so long, within bounds. Milliseconds. */
const rest = (least, took, longest) => Math.min(Math.max(least, REST * took), longest);

/** What does not fit into a panel is scrolled, also by keyboard. */
const settle = (panel) => {
  const figures = panel.querySelector(".figures");
  if (figures.scrollHeight > figures.clientHeight + 1) {
    figures.tabIndex = 0;
    figures.setAttribute("role", "region");
    figures.setAttribute("aria-label", panel.querySelector("h2").textContent);
  } else {
    for (const name of ["tabindex", "role", "aria-label"]) figures.removeAttribute(name);
  }
};

/** Run the dashboard on `page`; `isInUse` says whether somebody is at work in a panel. */
export const dashboard = (htmx, page, isInUse) => {
  if ("new" in page.dataset) {
    awaitFirst(page);
    return;
  }
  htmx.config.timeout = LONGEST_MS;
  const panels = [...page.querySelectorAll(".panel[hx-get]")];
  const live = page.querySelector("#panel-live[hx-get]");
  const marks = new WeakMap(); // the ETag of what a panel shows
  const began = new Map(); // panels that are being asked, and since when
  const waiting = [];
  const stale = new Set(); // panels whose figures are of an earlier state
  const pending = new Set(); // panels, without "live", that are asked and not answered
  let state = page.dataset.state;
  let shown = state; // the state that the figures are of
  let round = performance.now(); // since when figures are asked without a rest; 0 for at rest
  let liveFrom = performance.now() + LIVE_MS; // from when on it may be asked again
  let figuresFrom = performance.now() + FIGURES_MS;

  const next = () => {
    while (began.size < AT_ONCE && waiting.length > 0) {
      const panel = waiting.shift();
      began.set(panel, performance.now());
      htmx.trigger(panel, "show");
    }
  };
  const ask = (panel) => {
    if (waiting.includes(panel) || began.has(panel)) return;
    waiting.push(panel);
    if (panel !== live) pending.add(panel);
    next();
  };

  /** Say in a panel that its figures are not to be had, and how to ask for them again. */
  const sayAway = (panel) => {
    const figures = panel.querySelector(".figures");
    figures.replaceChildren(page.querySelector("#panel-away").content.cloneNode(true));
    figures.removeAttribute("aria-busy");
    figures.querySelector("button").addEventListener("click", ({ target }) => {
      target.disabled = true;
      ask(panel);
    });
    marks.delete(panel);
  };

  const answered = (panel, xhr) => {
    const now = performance.now();
    if (xhr.status === 200) {
      marks.set(panel, xhr.getResponseHeader("ETag"));
      panel.querySelector(".figures").removeAttribute("aria-busy");
    }
    if (panel === live) liveFrom = now + rest(LIVE_MS, xhr.status === 200 ? now - began.get(panel) : 0, LONGEST_LIVE_MS);
    if (xhr.status === 200 || xhr.status === 304) state = xhr.getResponseHeader(STATE) ?? state;
    else if (xhr.status !== 204 && (panel === live || !marks.has(panel))) sayAway(panel);
  };

  page.addEventListener("htmx:configRequest", ({ detail }) => {
    const mark = marks.get(detail.elt);
    if (mark) detail.headers["If-None-Match"] = mark;
  });
  page.addEventListener("htmx:afterRequest", ({ detail: { elt, xhr } }) => {
    answered(elt, xhr);
    began.delete(elt);
    pending.delete(elt);
    next();
    if (pending.size === 0 && round > 0) {
      figuresFrom = performance.now() + rest(FIGURES_MS, performance.now() - round, LONGEST_REST_MS);
      round = 0;
    }
  });
  page.addEventListener("htmx:afterSettle", ({ target }) => settle(target.closest(".panel")));

  const look = () => {
    if (document.hidden) return;
    const now = performance.now();
    if ("current" in page.dataset && now >= figuresFrom && round === 0 && (state === "" || state !== shown)) {
      shown = state;
      round = now;
      for (const panel of panels) if (panel !== live) stale.add(panel);
    }
    for (const panel of stale) {
      if (isInUse(panel)) continue;
      stale.delete(panel);
      ask(panel);
    }
    if (now >= liveFrom && !isInUse(live)) {
      liveFrom = now + LONGEST_MS; // until it is answered
      ask(live);
    }
  };

  for (const panel of panels) ask(panel);
  if (live === null) return; // every figure is in the page
  setInterval(look, TICK_MS);
  document.addEventListener("visibilitychange", look);
};
