/**
 * What this visitor's browser keeps for the site, as far as policy and visitor allow it. Loaded only where the policy declares it.
 *
 *   avow.preferences                      the preferences, by name; there when the document's event "avow:preferences" comes
 *   avow.prefer({ units: "inHg" })        set some; null forgets one. The promise gives the server's answer: what was kept, dropped, refused
 *   avow.keep("search-term", "barometer") put a value before the others of a list in local storage; it is never sent
 *   avow.kept("search-term")              the list, newest first
 *   avow.forget("search-term")            empty it
 *
 * Preferences are in a cookie that no script reads: the server says them. Lists are in local storage; a value leaves it on its
 * last day, and everything leaves it when the visitor takes the yes back: the server is asked at each page, and after each choice, also of another tab.
 */
import { whenChosen, whenSeen } from "./everywhere.js";

(() => {
  if (window.avow?.prefer) return; // a page that has the line twice
  const ITEMS = 50; // values of one list
  const PATH = "/avow/preferences";
  window.avow =
    window.avow ||
    function () {
      (avow.q = avow.q || []).push(arguments);
    };
  let changed = Promise.resolve(); // the last change: the next one brings its cookie along
  let lists = {}; // field -> its list, as the server described it

  const today = () => new Date().toISOString().slice(0, 10);
  const read = ({ key }) => {
    try {
      return JSON.parse(localStorage.getItem(key)).filter((one) => typeof one.value === "string" && one.until > today());
    } catch {
      return []; // nothing there, or damaged, or no storage in this browser
    }
  };
  const write = ({ key }, items) => {
    try {
      if (items.length) localStorage.setItem(key, JSON.stringify(items));
      else localStorage.removeItem(key);
    } catch {
      // no storage in this browser, or no room: nothing is kept
    }
  };

  const take = ({ preferences, lists: described }) => {
    avow.preferences = Object.freeze(preferences);
    lists = {};
    for (const one of described) {
      if (one.allowed) lists[one.field] = one;
      write(one, one.allowed ? read(one) : []);
    }
    document.dispatchEvent(new Event("avow:preferences"));
  };
  const ask = (options) =>
    fetch(PATH, { credentials: "same-origin", ...options }).then((answer) => (answer.status < 500 ? answer.json() : Promise.reject(answer.status)));
  const refresh = () => ask().then(take, () => {}); // without an answer nothing is kept and nothing given

  Object.assign(window.avow, {
    preferences: Object.freeze({}),
    prefer: (values) => {
      const change = () => ask({ method: "POST", body: JSON.stringify(values) }).then((answer) => (take(answer), answer));
      return (changed = changed.then(change, change));
    },
    kept: (field) => (lists[field] ? read(lists[field]).map((one) => one.value) : []),
    keep: (field, value) => {
      const list = lists[field];
      if (!list || !value || value.length > list.longest) return false;
      const until = new Date(Date.now() + list.days * 864e5).toISOString().slice(0, 10);
      write(list, [{ value, until }, ...read(list).filter((one) => one.value !== value)].slice(0, ITEMS));
      return true;
    },
    forget: (field) => lists[field] && write(lists[field], []),
  });
  whenSeen(() => {
    whenChosen(refresh);
    refresh();
  });
})();
