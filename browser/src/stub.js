/**
 * What other companies' scripts find before choices.js, which is deferred, can answer: functions that keep the calls in order.
 *
 *   <script src="/avow/stub.js"></script>       before every other script, not deferred
 *
 * IAB GPP 1.1 and US Privacy want `__gpp` and `__uspapi` to be functions from the beginning, and a frame by whose name scripts in
 * frames find the page that answers. choices.js takes the calls over; where it stands alone it brings this file along. In a page
 * within another one of this origin that one answers.
 */
import { isWithin } from "./everywhere.js";

const PING = {
  gppVersion: "1.1",
  cmpStatus: "stub",
  cmpDisplayStatus: "hidden",
  signalStatus: "not ready",
  supportedAPIs: ["8:usca"],
  cmpId: 1,
  sectionList: [],
  applicableSections: [],
  gppString: "",
  parsedSections: {},
};

for (const [name, locator] of [
  ["__gpp", "__gppLocator"],
  ["__uspapi", "__uspapiLocator"],
]) {
  if (window[name] || isWithin()) continue; // there already, by an earlier line
  const queue = [];
  window[name] = (...call) => {
    if (call[0] === "ping") call[1](PING, true);
    else queue.push(call);
  };
  window[name].queue = queue;
  const frame = document.createElement("iframe");
  frame.name = locator;
  frame.hidden = true;
  const stand = () => document.body.append(frame);
  if (document.body) stand();
  else document.addEventListener("DOMContentLoaded", stand, { once: true });
  addEventListener("message", ({ data, source }) => {
    const asked = data && data[`${name}Call`];
    if (!asked || !source) return;
    const answer = (returnValue, success) => source.postMessage({ [`${name}Return`]: { returnValue, success, callId: asked.callId } }, "*");
    if (name === "__gpp") window.__gpp(asked.command, answer, asked.parameter);
    else window.__uspapi(asked.command, asked.version, answer);
  });
}
