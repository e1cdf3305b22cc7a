/**
 * The tag: what happens on a page, sent to the site's own server, which decides what is kept.
 *
 * `avow tag` prints its line. Which collection points and fields it may send is compiled from the policy into `data-points`:
 * "point:signals:fields" for each point, where the signals are those that silence it; `data-viewed` is the point of page views,
 * `data-choices` every purpose that can be opted out of, `data-debug` tells in the console what the server answered. Order matters: the visitor's signals are read
 * before anything else, and a point that they silence is neither measured nor sent. No cookie or storage is touched: the visitor id is
 * the server's, in a cookie that no script can read. Of the page's address only the path leaves, in its one form, of its query the three campaign
 * parameters and, where declared, `click_id`, of the referrer the host, of a link that was followed no query.
 *
 * Sent by itself, where declared: page views; `page-leave` with `engagement-time` (whole seconds in front of somebody since the
 * last one) and `scroll-depth` (percent of the page seen); `outbound-link` and `download` with `link-followed`.
 * Any other point is a custom event: `avow("track", "point", {field: text})`, or an element with `data-avow-event`.
 * Of a custom event, the name of a field that is not declared is sent, for the developer to be told; its value is not.
 */
(() => {
  if (window.avow?.track) return; // a page that has the line twice is still one page
  const { points = "page-view:gpc,dnt:page,referrer,campaign,language", viewed = "page-view", choices = "", debug } = document.currentScript?.dataset ?? {};
  const gpc = /^(true|1)$/.test(navigator.globalPrivacyControl);
  const dnt = navigator.doNotTrack == 1 || window.doNotTrack == 1;
  const declared = {}; // point -> fields that may be sent now
  for (const one of points.split(" ")) {
    const [point, signals, fields] = one.split(":");
    declared[point] = (gpc && /gpc/.test(signals)) || (dnt && /dnt/.test(signals)) ? 0 : fields.split(",");
  }
  const LIMIT = 300; // characters of a field that the tag itself fills in; the server refuses longer ones
  const BATCH = 20; // events sent at once; the server takes 100 and a beacon 64 KiB
  const WAIT = 200; // milliseconds that an event waits for others
  const STAYS = 1000; // milliseconds that a replaced address has to stay to be a view (a map replaces its own with each move), and a page to be drawn
  const FILE = /\.(pdf|zip|gz|7z|rar|dmg|exe|msi|apk|docx?|xlsx?|pptx?|od[tsp]|csv|txt|epub|mp[34]|wav|mov|avi)$/i;

  let within = 0; // in a frame of a page of this origin, whose view this is
  try {
    within = parent !== window && parent.location.origin === location.origin;
  } catch {} // of another origin: a view of its own

  // Paths have one form (RFC 3986, 6.2.2): the browser's half of src/avow/collection/paths.py, which does the same again; both are
  // tested by tests/vectors/paths.json. A part that holds "@", however often it was encoded, becomes "-".
  const holdsAddress = (text) => {
    for (let before; before !== text; ) text = unescape((before = text));
    return /[@\uff20\ufe6b]|\xef(\xbc\xa0|\xb9\xab)/.test(text);
  };

  const inOneForm = (path) => {
    const kept = [];
    const parts = path
      .replace(/^(?!\/)/, "/")
      .replace(/;[^/]*/g, "")
      .replace(/\p{Cs}/gu, "\ufffd")
      .replace(/%(?![\da-f]{2})/gi, "%25")
      .replace(/%../g, (one) => (/[\w.~-]/.test(unescape(one)) ? unescape(one) : one.toUpperCase()))
      .replace(/[^\w.~!$&'()*+,;=:@/%-]/gu, encodeURIComponent)
      .split("/");
    parts.forEach((part, at) => {
      if (part === ".." && kept[1] != null) kept.pop();
      if (!/^\.\.?$/.test(part)) kept.push(holdsAddress(part) ? "-" : part);
      else if (at > parts.length - 2) kept.push("");
    });
    return kept.join("/");
  };

  /** The path of an address in its one form, with the route of an application behind "#" where there is one. */
  const pathOf = (address) => {
    const [, path, route] = address.match(/^([^?#]*)[^#]*(?:#!?(\/[^?#]*))?/);
    return inOneForm(path) + (route ? "#" + inOneForm(route) : "");
  };

  let queue = [];
  let timer, hook;
  let sending = 0; // choices that are on their way, before which nothing else leaves
  let chosen = Promise.resolve(); // the last of them
  let more = {}; // fields that the site set for every event
  let path; // of the last page view
  let shown; // path of the address when it was looked at last; an entry in the history without a new one is no new view
  let first = true; // no page was viewed yet
  let staying, drawing; // the timers of a replaced address and of a page that an application is still drawing
  let engaged = 0; // milliseconds in front of somebody since the last page-leave
  let since = 0; // when the page came to the front; 0 while it is not
  let depth, left; // of the page: percent seen; percent at the last page-leave, -1 before it

  const post = (to, body) => fetch(to, { method: "POST", body, keepalive: true });

  const flush = () => {
    timer = clearTimeout(timer);
    if (sending || document.prerendering || !queue.length) return; // what nobody looks at yet waits until somebody does
    const body = JSON.stringify({ events: queue.splice(0, BATCH) });
    const sent = debug == null && navigator.sendBeacon?.("/avow/events", body);
    sent || post("/avow/events", body).then(
      ({ status, headers }) =>
        debug == null || console.info("avow:", status, headers.get("Avow-Dropped") || "", headers.get("Avow-Refused") || ""),
      () => {}, // what is lost with the network is lost; the page never notices
    );
    flush();
  };

  /** Queue an event: `known` fields where declared, `asked` ones by name in any case. */
  const put = (point, known, asked = {}) => {
    const fields = declared[point];
    if (fields === 0 || (!fields && (gpc || dnt))) return; // silenced
    let event = { point };
    for (const [name, value] of [...Object.entries(more), ...Object.entries(known)])
      if (value !== "" && value != null && fields?.includes(name)) event[name] = `${value}`;
    for (const name in asked) event[name] = fields?.includes(name) ? `${asked[name]}` : "";
    try {
      if (hook) event = hook(event);
    } catch {
      event = 0; // a hook that fails has not let the event pass
    }
    if (!event) return;
    queue.push(event);
    if (queue.length < BATCH) timer = timer || setTimeout(flush, WAIT);
    else flush();
  };

  const query = new URLSearchParams(location.search); // of the page's first address

  /** "source / medium / name" of a campaign link, or "" when the page was not reached through one. */
  const campaign = () => {
    const parts = ["source", "medium", "campaign"].map((name) => (query.get("utm_" + name) || "").trim());
    return parts.join("") && parts.map((part) => part || "-").join(" / ").slice(0, 100);
  };

  /** Host of another site that linked here; "" for our own pages and for none. */
  const referrer = () => {
    const host = document.referrer.split("/")[2];
    return host === location.host ? "" : host;
  };

  const clock = () => {
    const now = performance.now();
    if (since) engaged += now - since;
    since = document.hidden || !document.hasFocus() ? 0 : now;
  };
  const scrolled = () => {
    depth = Math.max(depth, Math.min(100, Math.round(((scrollY + innerHeight) / document.documentElement.scrollHeight) * 100)));
  };
  const leave = () => {
    clock();
    depth || scrolled();
    const seconds = Math.round(engaged / 1000);
    if (!path || (!seconds && depth <= left)) return;
    put("page-leave", { page: path, "engagement-time": seconds, "scroll-depth": (left = depth) });
    engaged = 0;
  };

  const cut = (text) => text.slice(0, LIMIT).replace(/%.?$/, "");
  const view = (to) => {
    to = cut(pathOf(/^(#|$)/.test(to) ? location.pathname + to : to)); // of an application's route in the fragment, its page, too
    if (to === path) return;
    leave();
    path = to;
    depth = engaged = 0;
    left = -1;
    clearTimeout(drawing);
    drawing = setTimeout(() => (drawing = scrolled()), STAYS); // until then the page before, and how far it was scrolled, may stand there
    put(viewed, {
      page: to,
      referrer: first && referrer(),
      campaign: first && campaign(),
      "click-id": first && query.get("click_id"),
      language: navigator.language,
    });
    first = "";
  };
  const here = () => within || shown !== (shown = location.pathname) && view(shown);

  /** Send choices one after the other: each brings along the cookie of the one before, and no "no" is lost. */
  const choose = (choice) => {
    sending++;
    chosen = chosen
      .then(() => post("/avow/choices", JSON.stringify(choice)))
      .then(
        ({ ok }) => ok,
        () => false,
      )
      .then((kept) => {
        sending--;
        document.dispatchEvent(new Event("avow:choices"));
        new BroadcastChannel("avow").postMessage(0); // to the other tabs
        flush();
        return kept;
      });
    return chosen;
  };
  const api = {
    /** Send a custom event to a collection point of the policy. */
    track: (point, fields) => put(point, { page: path || cut(pathOf(location.pathname)) }, fields),
    /** Count a view of this path, or of a fragment that is one: for addresses that the tag cannot see change. */
    page: (to = location.pathname) => view(to),
    /** Keep choices, {purpose or choice: true or false}; the promise tells whether they are kept. */
    consent: (said) => choose({ opt_in: Object.keys(said).filter((one) => said[one]), opt_out: Object.keys(said).filter((one) => !said[one]) }),
    /** Say no to these purposes or choices, to every one of the policy when none is named; what waits is not sent. */
    optOut: (...names) => {
      queue = [];
      return choose({ opt_out: names.length ? names : choices.split(" ") });
    },
    /** Add these fields to every later event of a point that declares them. */
    set: (fields) => void (more = { ...more, ...fields }),
    /** Let a function see each event: what it returns is sent; false drops the event. */
    before: (change) => void (hook = change),
  };
  const waiting = window.avow?.q || [];
  window.avow = Object.assign((name, ...given) => api[name](...given), window.avow, api); // others' calls stay
  for (const [name, ...given] of waiting) api[name](...given);

  const custom = (element) => {
    const fields = {};
    for (const { name, value } of element.attributes)
      if (/^data-avow-(?!event$)/.test(name)) fields[name.slice(10)] = value;
    api.track(element.dataset.avowEvent, fields);
  };
  const clicked = ({ target, button }) => {
    if (button > 1 || !target.closest) return;
    const marked = target.closest("[data-avow-event]:not(form)");
    const link = target.closest("a[href]");
    if (marked) custom(marked);
    if (!link || !/^http/.test(link.protocol)) return;
    const ours = link.host === location.host;
    const known = { page: path, "link-followed": cut((ours ? "" : link.origin) + pathOf(link.pathname)) };
    if (link.hasAttribute("download") || FILE.test(link.pathname)) put("download", known);
    else if (!ours) put("outbound-link", known);
  };

  const listen = (target, name, call) => target.addEventListener(name, call, true);
  const gone = () => {
    leave();
    flush();
  };
  const start = () => {
    for (const name of ["pushState", "replaceState"]) {
      const original = history[name];
      history[name] = function (...entry) {
        original.apply(this, entry);
        clearTimeout(staying);
        if (name < "r") here();
        else staying = setTimeout(here, STAYS);
      };
    }
    listen(window, "popstate", here);
    listen(window, "scroll", () => drawing || scrolled());
    listen(window, "focus", clock);
    listen(window, "blur", clock);
    listen(window, "pagehide", gone);
    listen(window, "pageshow", ({ persisted }) => {
      if (!persisted || within) return;
      const again = path;
      path = 0; // a page that comes back from the browser's memory is viewed again
      view(again);
    });
    listen(document, "click", clicked);
    listen(document, "auxclick", clicked);
    listen(document, "submit", ({ target }) => target.dataset.avowEvent && custom(target));
    listen(document, "visibilitychange", () => (document.hidden ? gone() : clock()));
    clock();
    if (first) here();
    else shown = location.pathname; // the application said already which page this is
  };
  // A page prepared in the background is not a visit until somebody looks at it.
  if (document.prerendering) listen(document, "prerenderingchange", start);
  else start();
})();
