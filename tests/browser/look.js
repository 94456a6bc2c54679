/* Finds what a person would find: by the visible words, inside the open dialog first.
   look(kind, words, within) answers the element, or a sentence that says why there is none. */
const flat = (text) => (text ?? "").replace(/\s+/g, " ").trim();
const shown = (element) =>
  element.checkVisibility({ checkVisibilityCSS: true }) && element.getClientRects().length > 0;
const byIds = (ids) =>
  (ids ?? "").split(/\s+/).map((id) => document.getElementById(id)?.innerText ?? "").join(" ");

const KINDS = {
  button: "button, a[href], summary, input[type=submit], input[type=button], [role=button], [role=tab], [role=menuitem]",
  field: "input:not([type=hidden]), select, textarea, [contenteditable=true]",
  file: "input[type=file]",
  row: "tr, [role=row], [role=option], li, label",
};

const namesOf = {
  button: (e) => [
    e.getAttribute("aria-label"), byIds(e.getAttribute("aria-labelledby")),
    e.tagName === "INPUT" ? e.value : e.innerText, e.title, e.querySelector("img")?.alt,
  ],
  field: (e) => [
    ...[...(e.labels ?? [])].map((label) => label.innerText || label.textContent),
    e.getAttribute("aria-label"), byIds(e.getAttribute("aria-labelledby")),
  ],
  row: (e) => [e.innerText],
};
namesOf.file = namesOf.field;

const bare = (name) => flat(name).replace(/\s*(\*|[（(](必填|选填|可选)[)）]|必填|选填|[:：])+$/, "").trim();

/* 3 for the very words, 2 for a beginning, 1 for a part, 0 for none. */
function closeness(names, words) {
  let best = 0;
  for (const name of names.map(flat).filter(Boolean)) {
    if (name === words || bare(name) === words) return 3;
    if (name.startsWith(words)) best = Math.max(best, 2);
    else if (name.includes(words)) best = Math.max(best, 1);
  }
  return best;
}

function ground() {
  const modal = [...document.querySelectorAll("dialog:modal")];
  if (modal.length) return [modal.find((d) => d.contains(document.activeElement)) ?? modal.at(-1)];
  return [...document.querySelectorAll("dialog[open]"), document.body];
}

/* How far up one goes from the element until the words of its surroundings are met. */
function distance(element, words) {
  let steps = 1;
  for (let up = element.parentElement; up && up !== document.body; up = up.parentElement, steps++) {
    if (flat(up.innerText).includes(words) || flat(up.getAttribute("aria-label")).includes(words)) return steps;
    if (up.matches("main, dialog")) break;
  }
  return Infinity;
}

function best(list, value) {
  const top = Math.max(...list.map(value));
  return list.filter((each) => value(each) === top);
}

function look(kind, words, within) {
  words = flat(words);
  const inSight = kind === "file" ? () => true : (e) => shown(e) || (kind === "field" && [...(e.labels ?? [])].some(shown));
  let offered = [];
  for (const place of ground()) {
    const all = [...place.querySelectorAll(KINDS[kind])].filter(inSight);
    offered.push(...all);
    let found = all
      .map((element) => ({ element, close: closeness(namesOf[kind](element), words) }))
      .filter((each) => each.close > 0);
    if (!found.length) continue;
    if (within) {
      for (const each of found) each.far = distance(each.element, flat(within));
      found = found.filter((each) => each.far < Infinity);
      if (!found.length) return `「${words}」 is there, but not within 「${within}」`;
      found = best(found, (each) => -each.far);
    }
    if (kind === "row") found = found.filter((one) => !found.some((other) => other !== one && one.element.contains(other.element)));
    else found = best(found, (each) => each.close);
    const same = found.every(({ element }) => element.href && element.href === found[0].element.href);
    if (found.length > 1 && !same)
      return `「${words}」 is there ${found.length} times; say within what: ` +
        found.map(({ element }) => flat(element.outerHTML).slice(0, 160)).join(" | ");
    return found[0].element;
  }
  const names = offered.map((e) => namesOf[kind](e).map(flat).find(Boolean)).filter(Boolean);
  return `no ${kind} 「${words}」 among ${JSON.stringify(names.slice(0, 60))}`;
}

/* The element, if one can work with it. */
function ready(found) {
  if (found.readOnly) return `${flat(found.outerHTML).slice(0, 160)} is read-only`;
  if (found.disabled) return `${flat(found.outerHTML).slice(0, 160)} is disabled`;
  return found;
}

/* A check mark or a row is clicked where the hand would: on what can be seen of it. */
function handle(element) {
  const kinds = element.tagName === "TR" ? "input[type=radio]" : "input[type=radio], input[type=checkbox]"; // a row with a check box opens
  const choice = element.matches("input") ? null : element.querySelector(kinds);
  const target = choice ?? element;
  if (target.tagName === "TR") return [...target.cells].find((cell) => shown(cell) && !cell.matches(".cell-choose")) ?? target; // Firefox cannot click a row itself
  return shown(target) ? target : [...(target.labels ?? [])].find(shown) ?? element;
}
