/** The console's script: htmx for the parts that refresh. Every page of the console works without it. */
import htmx from "htmx.org/dist/htmx.esm.js";

// The pages' Content-Security-Policy forbids eval and inline styles; htmx needs neither.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0; // pages with personal information stay out of the browser's storage
htmx.config.scrollIntoViewOnBoost = false;

// A part that refreshes waits while nobody looks at it, and while its table is open to be read.
document.addEventListener("htmx:beforeRequest", (event) => {
  const panel = event.detail.elt;
  if (document.hidden || panel.querySelector("details[open]") || panel.contains(document.activeElement)) event.preventDefault();
});
