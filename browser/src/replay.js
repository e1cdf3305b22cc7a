/**
 * For pages that Avow does not serve itself: ask whether this visit may be recorded, and only then load the recorder.
 *
 *   <script src="/avow/replay.js" defer></script>
 *
 * The yes is in a cookie that no script can read, so the server answers. With a signal set, nothing is asked.
 */
(async () => {
  if (/^(true|1)$/.test(navigator.globalPrivacyControl) || navigator.doNotTrack == 1) return;
  const page = encodeURIComponent(location.pathname);
  const answer = await fetch(`/avow/recording?page=${page}`, { credentials: "same-origin" }).catch(() => ({}));
  if (answer.status != 200) return;
  const { recorder, point } = await answer.json();
  const script = document.createElement("script");
  script.src = recorder;
  script.dataset.point = point;
  document.head.append(script);
})();
