// Single letters as shortcuts: [data-key="r"] opens what it stands on, or focuses a button that sends something, so that
// no decision is made by one slip; j and k walk through table[data-rows]. The foot of a page that has any lists them
// beside a switch that turns them off (WCAG 2.1.4).

const WORD = "keys";
const panel = document.querySelector("[data-keys]");
const list = panel?.querySelector("[data-keys-list]");
const pad = panel?.querySelector("[data-keys-switch]");
let on = false;

function remember(wanted) {
  on = wanted;
  document.documentElement.classList.toggle("keys-off", !wanted);
  try { localStorage.setItem(WORD, wanted ? "on" : "off"); } catch { /* a browser without storage asks anew on each page */ }
}

function remembered() {
  try { return localStorage.getItem(WORD) !== "off"; } catch { return true; }
}

function tell(key, words) {
  const cap = document.createElement("kbd");
  cap.textContent = key;
  const term = document.createElement("dt");
  term.append(cap);
  const meaning = document.createElement("dd");
  meaning.textContent = words;
  list.append(term, meaning);
}

/** Whether this press is a shortcut and not something typed. */
export function isShortcut(event) {
  return on && !event.defaultPrevented && !event.ctrlKey && !event.metaKey && !event.altKey
    && !event.target.closest?.("input:not([type=checkbox]):not([type=radio]), select, textarea, [contenteditable], dialog");
}

const targets = [...document.querySelectorAll("[data-key]")];
const rows = document.querySelector("table[data-rows] tbody a[href]");
if (panel && (targets.length || rows)) {
  if (rows) {
    tell("j", list.dataset.next);
    tell("k", list.dataset.previous);
  }
  for (const target of targets) tell(target.dataset.key, (target.querySelector("summary span") ?? target.querySelector("span") ?? target).textContent.trim());
  panel.hidden = false;
  pad.checked = remembered();
  remember(pad.checked);
  pad.addEventListener("change", () => remember(pad.checked));
}

document.addEventListener("keydown", (event) => {
  if (!isShortcut(event)) return;
  const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!target) return;
  event.preventDefault();
  if (target.matches("details")) target.open = true;
  else if (target.matches("button[type=submit]")) target.focus({ preventScroll: true }); // it stands in the bar, always in sight
  else target.click();
});
