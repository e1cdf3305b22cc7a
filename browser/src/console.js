/** The console's script: htmx for the parts that come or refresh by themselves. Every page of the console works without it. */
import htmx from "htmx.org/dist/htmx.esm.js";
import { dashboard } from "./dashboard.js";

// The pages' Content-Security-Policy forbids eval and inline styles; htmx needs neither.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0; // pages with personal information stay out of the browser's storage
htmx.config.scrollIntoViewOnBoost = false;
htmx.config.responseHandling.unshift({ code: "304", swap: false });

/** Whether somebody is at work in a part: its table is open to be read, or the focus is in it. */
const isInUse = (part) => part.querySelector("details[open]") !== null || part.contains(document.activeElement);

// A part that refreshes by itself waits while nobody looks at it, and while somebody is at work in it.
document.addEventListener("htmx:beforeRequest", (event) => {
  const part = event.detail.elt;
  if (!part.matches(".panel") && (document.hidden || isInUse(part))) event.preventDefault();
});

const page = document.getElementById("dashboard");
if (page !== null) document.addEventListener("DOMContentLoaded", () => dashboard(htmx, page, isInUse)); // htmx knows the page by then

// Who chooses a day means it, and the list says so at once.
for (const form of document.querySelectorAll("form.filters")) {
  const list = form.querySelector("select[name=period]");
  for (const day of form.querySelectorAll("input[type=date]")) day.addEventListener("change", () => (list.value = "custom"));
}
