/**
 * The tag: one page view per page, sent to the site's own server, which decides what is kept.
 *
 *   <script src="/avow/tag.js" defer></script>
 *
 * Order matters: the visitor's signals are read before anything else; when one is set that the policy says silences
 * the page view (`data-signals`, both when absent), nothing is sent, nothing is listened to. The page's query string is cut here, in the
 * browser, to the three campaign parameters; of the referrer only the host leaves. No cookie or storage is touched:
 * the visitor id is the server's, in a cookie that no script can read.
 *
 * Attributes: `data-endpoint` (default /avow/events), `data-point` (default page-view), `data-signals`,
 * `data-debug` (send with fetch and tell in the console which fields the policy refused).
 */
(() => {
  const script = document.currentScript;
  const settings = script ? script.dataset : {};
  const silencing = (settings.signals ?? "gpc dnt").split(" ");
  const gpc = navigator.globalPrivacyControl === true || navigator.globalPrivacyControl === "1";
  const dnt = navigator.doNotTrack === "1" || window.doNotTrack === "1";
  if ((gpc && silencing.includes("gpc")) || (dnt && silencing.includes("dnt"))) return;

  const endpoint = settings.endpoint || "/avow/events";
  const point = settings.point || "page-view";
  const LIMIT = 300; // characters of any one field; the server refuses longer ones
  let previous; // path of the last page view; an entry in the history without a new path is no new view

  /** "source / medium / name" of a campaign link, or "" when the page was not reached through one. */
  const campaign = (query) => {
    const parameters = new URLSearchParams(query);
    const parts = ["utm_source", "utm_medium", "utm_campaign"].map((name) => (parameters.get(name) || "").trim());
    return parts.some(Boolean) ? parts.map((part) => part || "-").join(" / ").slice(0, 100) : "";
  };

  /** Host of another site that linked here; "" for our own pages and for none. */
  const referrer = () => {
    try {
      const host = new URL(document.referrer).host;
      return host === location.host ? "" : host;
    } catch {
      return "";
    }
  };

  const sendBody = (body) => {
    const answer = () => fetch(endpoint, { method: "POST", body, keepalive: true, credentials: "same-origin" });
    if ("debug" in settings) {
      answer().then((response) => {
        const dropped = response.headers.get("Avow-Dropped");
        console.info(`avow: ${point} answered ${response.status}${dropped ? `, dropped ${dropped}` : ""}`);
      }, () => {});
    } else if (!(navigator.sendBeacon && navigator.sendBeacon(endpoint, body))) {
      answer().catch(() => {}); // a page view lost with the network is lost; the page never notices
    }
  };

  const view = (first) => {
    if (location.pathname === previous) return;
    const event = { point, page: location.pathname.slice(0, LIMIT) };
    const optional = {
      referrer: first ? referrer() : "",
      campaign: first ? campaign(location.search) : "",
      language: (navigator.language || "").slice(0, 16),
    };
    for (const [name, value] of Object.entries(optional)) if (value) event[name] = value;
    previous = location.pathname;
    sendBody(JSON.stringify({ events: [event] }));
  };

  const push = history.pushState;
  history.pushState = function pushState(...entry) {
    push.apply(this, entry);
    view(false);
  };
  addEventListener("popstate", () => view(false));
  // A page prepared in the background is not a visit until somebody looks at it.
  if (document.prerendering) document.addEventListener("prerenderingchange", () => view(true), { once: true });
  else view(true);
})();
