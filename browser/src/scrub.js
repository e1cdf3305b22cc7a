/**
 * What a recording may hold, by an allow-list alone: the browser's half of src/avow/collection/recordings/chunks.py, which does
 * the same again. Both read src/avow/collection/recordings/replay.json; docs/specs/recordings.md has the rules in words.
 */
import rules from "../../src/avow/collection/recordings/replay.json";

const MASK = "xxxxxxx ";
const number = (value) => (Number.isFinite(value) ? Math.trunc(Math.max(-1e6, Math.min(1e6, value))) : 0);
const numbers = (from, names) => Object.fromEntries(names.filter((name) => name in from).map((name) => [name, number(from[name])]));
const mask = (text) => (!text ? "" : text.trim() ? MASK.repeat(Math.min(50, Math.ceil(text.length / 8))) : " ");
const matching = (pattern) => (value) => (pattern.test(value) ? value : "");
const path = matching(/^\/(?!\/|avow\/)[\w./-]{1,200}$/);
const ownPath = (address) => path(String(address).replace(location.origin, ""));
const size = (value) => (/^\d{1,5}(\.\d+)?px$/.test(value) ? `${Math.round(parseFloat(value))}px` : "");
const count = matching(/^\d{1,4}$/);
const length = /^-?\d{1,5}(\.\d{1,3})?(px|em|rem|%|vh|vw)?$/;

const styleValue = (value) => {
  if (value === false) return false;
  if (Array.isArray(value)) value = value[0];
  return typeof value == "string" && (rules.words.includes(value) || length.test(value)) ? value : null;
};
const styled = (pairs) => pairs.filter(([name, value]) => rules.style.includes(name) && styleValue(value) !== null);
const style = (value) =>
  typeof value == "object"
    ? Object.fromEntries(styled(Object.entries(value)).map(([name, one]) => [name, styleValue(one)]))
    : styled(String(value).split(";").map((part) => part.split(/:(.*)/s).slice(0, 2).map((side) => side.trim())))
        .map((pair) => pair.join(":"))
        .join(";");
const classes = (value) =>
  String(value)
    .split(/\s+/)
    .filter((name) => /^[a-z_-][\w-]{0,39}$/i.test(name) && name.replace(/\D/g, "").length <= 3)
    .join(" ");
const valued = { class: classes, style, rr_width: size, rr_height: size, width: count, height: count, colspan: count, rowspan: count };

/** `tag` is "" for a change, whose element is not known. */
const attributes = (tag, given = {}) => {
  const found = {};
  for (const [name, value] of Object.entries(given)) {
    const isFlag = /^(hidden|open|disabled)$/.test(name);
    if (!isFlag && !Object.hasOwn(valued, name)) continue;
    if (value === null) {
      if (!tag) found[name] = null;
    } else if (value !== undefined) {
      const kept = isFlag ? "" : valued[name](value);
      if (isFlag || kept || !tag) found[name] = kept;
    }
  }
  if (tag == "link" && given.rel == "stylesheet" && ownPath(given.href)) {
    Object.assign(found, { rel: "stylesheet", href: ownPath(given.href) }, given.media == "print" && { media: "print" });
  }
  return found;
};

const below = (node, depth) => (node.childNodes || []).map((child) => cleanNode(child, depth + 1)).filter(Boolean);
const made = (node, depth) => {
  const { type } = node;
  if (type == 1) return { type, name: "html", publicId: "", systemId: "" };
  if (type == 2) {
    const tag = node.tagName.toLowerCase();
    const tagName = rules.tags.includes(tag) ? tag : "div";
    const childNodes = rules.emptied.includes(tag) ? [] : below(node, depth);
    return { type, tagName, attributes: attributes(tagName, node.attributes), childNodes };
  }
  return type == 3 ? { type, textContent: mask(node.textContent) } : { type: 5, textContent: "" };
};
/** A document is nowhere but at the root of a snapshot: one that is added is a frame's, and a player would open the page anew for it. */
const cleanNode = (node, depth = 0) => {
  if (depth > 100 || node.type == 0) return null;
  const clean = { ...made(node, depth), ...numbers(node, ["id"]) };
  for (const name of ["isShadow", "isShadowHost"]) if (node[name] === true) clean[name] = true;
  return clean;
};

const moves = (data) => ({
  source: data.source,
  positions: data.positions.map((one) => numbers(one, ["x", "y", "id", "timeOffset"])),
});
const ofNumbers = (...names) => (data) => ({ source: data.source, ...numbers(data, names) });
const sources = {
  0: (data) => ({
    source: 0,
    texts: data.texts.map((one) => ({ id: number(one.id), value: mask(one.value) })),
    attributes: data.attributes
      .map((one) => ({ id: number(one.id), attributes: attributes("", one.attributes) }))
      .filter((one) => Object.keys(one.attributes).length),
    removes: data.removes.map((one) => ({ ...numbers(one, ["parentId", "id"]), ...(one.isShadow && { isShadow: true }) })),
    adds: data.adds
      .filter((one) => !one.node.rootId) // what is in a frame's document
      .map((one) => ({ parentId: number(one.parentId), nextId: one.nextId === null ? null : number(one.nextId), node: cleanNode(one.node) }))
      .filter((one) => one.node),
  }),
  1: moves,
  2: ofNumbers("type", "id", "x", "y", "pointerType"),
  3: ofNumbers("id", "x", "y"),
  4: ofNumbers("width", "height"),
  6: moves,
};
const events = [
  () => ({}),
  () => ({}),
  ({ node, initialOffset }) => ({ node: { type: 0, childNodes: below(node, 0), id: number(node.id) }, initialOffset: numbers(initialOffset, ["left", "top"]) }),
  (data) => sources[data.source]?.(data),
  (data) => ({ href: "", ...numbers(data, ["width", "height"]) }),
];

/** Return the event with nothing in it that the list does not name, or undefined when it has no place in a recording. */
export const scrub = ({ type, data, timestamp }) => {
  const clean = events[type]?.(data);
  return clean && { type, data: clean, timestamp };
};

/** Whether the page is one of those that no policy can have recorded. */
export const isNeverRecorded = (page) => rules.never.some((start) => page == start || page.startsWith(`${start}/`) || page.startsWith(`${start}-`));
