// Single letters as shortcuts: [data-key="r"] clicks its element, or only focuses a submit button, so that one key press
// decides nothing; [data-key-at-once] is sent: the same key takes it back. j and k move through table[data-rows], x ticks a row of it.
// ? opens the list of all shortcuts at the foot of the page, which has a switch that turns them off (WCAG 2.1.4).

import { openByKey } from "./decision.js";

const STORAGE_KEY = "keys";
const panel = document.querySelector("[data-keys]");
const list = panel?.querySelector("[data-keys-list]");
const pad = panel?.querySelector("[data-keys-switch]");
let on = false;

function remember(wanted) {
  on = wanted;
  document.documentElement.classList.toggle("keys-off", !wanted);
  try { localStorage.setItem(STORAGE_KEY, wanted ? "on" : "off"); } catch { /* without storage the choice lasts for one page */ }
}

function remembered() {
  try { return localStorage.getItem(STORAGE_KEY) !== "off"; } catch { return true; }
}

function listShortcut(key, words) {
  const cap = document.createElement("kbd");
  cap.textContent = key;
  const term = document.createElement("dt");
  term.append(cap);
  const meaning = document.createElement("dd");
  meaning.textContent = words;
  list.append(term, meaning);
}

/** Says whether this key press is a shortcut and no typed text. */
export function isShortcut(event) {
  return on && !event.defaultPrevented && !event.ctrlKey && !event.metaKey && !event.altKey
    && !event.target.closest?.("input:not([type=checkbox]):not([type=radio]), select, textarea, [contenteditable], dialog");
}

/** Returns the key of a shortcut that was pressed, as it is with Caps Lock off and without an input method's full-width signs. */
export function shortcutKey(event) {
  return event.key === "？" ? "?" : event.key.toLowerCase();
}

const targets = [...document.querySelectorAll("[data-key]")];
const rows = document.querySelector("table[data-rows] tbody a[href]");
if (panel && (targets.length || rows)) {
  if (rows) {
    listShortcut("j", list.dataset.next);
    listShortcut("k", list.dataset.previous);
    if (document.querySelector("table[data-rows] .cell-choose input")) listShortcut("x", list.dataset.tick);
  }
  const listed = new Set(); // several elements of one key stand for the first that is left
  for (const target of targets) {
    if (!listed.has(target.dataset.key)) listShortcut(target.dataset.key, target.dataset.keyWords ?? (target.querySelector("summary span") ?? target.querySelector("span") ?? target).textContent.trim());
    listed.add(target.dataset.key);
  }
  if (document.querySelector(".decision-panel textarea, #note-form textarea")) listShortcut("Ctrl+Enter", list.dataset.send);
  listShortcut("?", list.dataset.all);
  panel.hidden = false;
  pad.checked = remembered();
  remember(pad.checked);
  pad.addEventListener("change", () => remember(pad.checked));
}

document.addEventListener("keydown", (event) => {
  if (!isShortcut(event)) return;
  const key = shortcutKey(event);
  if (key === "?" && panel && !panel.hidden) {
    event.preventDefault();
    panel.open = !panel.open;
    panel.querySelector("summary").focus({ preventScroll: true });
    return;
  }
  const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!target || (event.repeat && "keyAtOnce" in target.dataset)) return; // held down, it would take and put back
  event.preventDefault();
  if (target.matches("details")) openByKey(target);
  else if (target.matches("button[type=submit]:not([data-key-at-once])")) target.focus({ preventScroll: Boolean(target.closest(".footbar")) }); // the bar is always visible
  else target.click();
});
