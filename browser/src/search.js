/**
 * The search field of the site: offers the visitor's own earlier searches first, where policy and visitor allow the browser to keep
 * them, and has the tag say what was searched for, where the policy declares it. Without this script the field is a plain form.
 *
 * An editable combobox with a list (WAI-ARIA Authoring Practices): arrow down opens the list and walks on, arrow up back, Enter searches
 * for what is chosen, Escape closes. The list is in local storage under the key that the policy names (see preferences.js), and is never sent.
 */
(() => {
  const form = document.querySelector("form[data-avow-search]");
  if (!form) return;
  window.avow =
    window.avow ||
    function () {
      (avow.q = avow.q || []).push(arguments);
    };
  const TERM = "search-term";
  const SHOWN = 8; // earlier searches offered at once
  const input = form.elements.q;
  const list = form.querySelector("[role=listbox]");
  const note = form.querySelector(".search-own-note");
  const said = form.querySelector("[role=status]");
  const { asked, found, kept: word, told } = form.dataset; // word: what was searched for, as it was typed
  let active = -1; // place in the list of what is chosen
  let typed; // what stood in the field before something was chosen

  const kept = () => (avow.kept ? avow.kept(TERM) : []);
  const options = () => [...list.children];

  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const open = () => {
    const wanted = input.value.trim().toLowerCase();
    const own = kept().filter((one) => one.toLowerCase().includes(wanted) && one.toLowerCase() !== wanted);
    const offered = own.length || wanted !== (asked || "").toLowerCase() ? own : kept();
    list.replaceChildren(
      ...offered.slice(0, SHOWN).map((one, place) => {
        const option = document.createElement("li");
        option.id = `search-own-${place}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.textContent = one;
        return option;
      }),
    );
    close();
    if (!list.children.length) return false;
    typed = input.value;
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    return true;
  };
  const choose = (place) => {
    active = place;
    options().forEach((option, at) => option.setAttribute("aria-selected", `${at === place}`));
    if (place < 0) {
      input.removeAttribute("aria-activedescendant");
      input.value = typed;
      return;
    }
    input.setAttribute("aria-activedescendant", list.children[place].id);
    input.value = list.children[place].textContent;
    list.children[place].scrollIntoView({ block: "nearest" });
  };

  const keys = {
    ArrowDown: () => (list.hidden ? open() && choose(0) : choose(active + 1 < list.children.length ? active + 1 : -1)),
    ArrowUp: () => (list.hidden ? open() && choose(list.children.length - 1) : choose(active < 0 ? list.children.length - 1 : active - 1)),
    Escape: () => {
      if (active >= 0) input.value = typed;
      close();
    },
  };

  /** Offer what the browser keeps; called again whenever the server has said what it may keep. */
  const ready = () => {
    const own = kept();
    note.hidden = !own.length;
    if (!own.length) close();
  };
  const remember = () => word && avow.keep && avow.keep(TERM, word);

  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");
  input.addEventListener("input", open);
  input.addEventListener("click", () => list.hidden && open());
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey || !keys[event.key]) return;
    if (event.key === "Escape" && list.hidden) return; // the browser empties the field
    event.preventDefault();
    keys[event.key]();
  });
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener("click", ({ target }) => {
    const place = options().indexOf(target.closest("[role=option]"));
    if (place < 0) return;
    choose(place);
    form.requestSubmit();
  });
  note.querySelector("button").addEventListener("click", () => {
    avow.forget(TERM);
    ready();
    said.textContent = "Your searches are forgotten.";
    input.focus();
  });
  let first = true;
  document.addEventListener("avow:preferences", () => {
    if (first) remember(); // what was forgotten on this page is not remembered again by a later choice
    first = false;
    ready();
  });
  remember();
  ready();

  if (asked && told) {
    const known = { [TERM]: asked, "search-results": found };
    avow("track", "site-search", Object.fromEntries(told.split(" ").map((name) => [name, known[name]])));
  }
})();
