/** How a page says what was checked in the browser: a title, and the steps in order. */

/** Make an element with words: what is said is text, never markup. */
export const tell = (element, words, kind = "") => {
  const made = document.createElement(element);
  made.textContent = words;
  if (kind) made.className = kind;
  return made;
};

export const answer = (place, isBad, title, steps) => {
  const note = tell("div", "", isBad ? "note bad" : "note");
  const heading = document.createElement("p");
  heading.append(tell("strong", title));
  const list = document.createElement("ol");
  list.append(...steps.map((step) => tell("li", step)));
  note.append(heading, list);
  place.replaceChildren(note);
};
