/**
 * What is so in every tab, and when a page is one that somebody looks at: shared by the scripts that stand on pages.
 *
 * What was chosen in one tab reaches the others by a message within the browser; nothing is stored for it. A tab that somebody comes
 * back to looks again by itself, for a choice may have been made where no script of ours ran.
 */
const channel = /* @__PURE__ */ new BroadcastChannel("avow");

/** Tell the other tabs that something was chosen in this one. */
export const tellOthers = () => channel.postMessage("choices");

/** Call whenever something may have been chosen: in this page, in another tab, or while somebody was away. */
export const whenChosen = (call) => {
  document.addEventListener("avow:choices", call);
  channel.addEventListener("message", call);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && call());
};

/** Call once somebody looks at the page: a page that is prepared in the background is none yet. */
export const whenSeen = (call) => {
  if (document.prerendering) document.addEventListener("prerenderingchange", call, { once: true });
  else call();
};

/** Whether the page stands in a frame of another page of this origin, which has what it needs once. */
export const isWithin = () => {
  try {
    return parent !== window && parent.location.origin === location.origin;
  } catch {
    return false; // of another origin: this page is a visit of its own
  }
};

/** Take away the banner of a page that Avow served from a browser that keeps no cookie: it could keep no answer either. */
export const askInVain = () => {
  if (!navigator.cookieEnabled) document.querySelector(".asking")?.remove();
};
