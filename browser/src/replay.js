/**
 * Ask whether this visit may be recorded, and only then load the recorder.
 *
 *   <script src="/avow/replay.js" defer></script>
 *
 * On a page that Avow served (`data-served`) the answer of now is known, which was no: there it asks after a choice alone.
 * The yes is in a cookie that no script can read, so the server answers; it is asked again after each choice, and the recorder starts
 * without a new page. With a signal set, nothing is asked. A page within another one of this origin is not recorded by itself.
 */
import { askInVain, isWithin, whenChosen, whenSeen } from "./everywhere.js";

const served = document.currentScript && document.currentScript.dataset.served !== undefined;
let asking;
const ask = async () => {
  if (asking || /^(true|1)$/.test(navigator.globalPrivacyControl) || navigator.doNotTrack == 1 || document.querySelector('script[src*="/recorder."]')) return;
  asking = fetch(`/avow/recording?page=${encodeURIComponent(location.pathname)}`, { credentials: "same-origin" }).catch(() => ({}));
  const answer = await asking;
  if (answer.status == 200) {
    const { recorder, point } = await answer.json();
    const script = document.createElement("script");
    script.src = recorder;
    script.dataset.point = point;
    document.head.append(script);
  }
  asking = 0;
};
askInVain();
const isAgain = window.avowReplay; // a page that has the line twice asks once
window.avowReplay = true;
if (!isWithin() && !isAgain)
  whenSeen(() => {
    whenChosen(ask);
    if (!served) ask();
  });
