// Single letters as shortcuts: [data-key="r"] opens what it stands on, or focuses a button that sends something, so that
// no decision is made by one slip. They work only where the page shows their switch, and only while it is on (WCAG 2.1.4).

const WORD = "keys";
const pad = document.querySelector("[data-keys-switch]");
let on = Boolean(pad);

function remember(wanted) {
  on = wanted;
  document.documentElement.classList.toggle("keys-off", !wanted);
  try { localStorage.setItem(WORD, wanted ? "on" : "off"); } catch { /* a browser without storage asks anew on each page */ }
}

function remembered() {
  try { return localStorage.getItem(WORD) !== "off"; } catch { return true; }
}

/** Whether this press is a shortcut and not something typed. */
export function isShortcut(event) {
  return on && !event.defaultPrevented && !event.ctrlKey && !event.metaKey && !event.altKey
    && !event.target.closest?.("input:not([type=checkbox]):not([type=radio]), select, textarea, [contenteditable], dialog");
}

if (pad) {
  pad.checked = remembered();
  remember(pad.checked);
  pad.addEventListener("change", () => remember(pad.checked));
} else {
  document.documentElement.classList.add("keys-off");
}

document.addEventListener("keydown", (event) => {
  if (!isShortcut(event)) return;
  const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!target) return;
  event.preventDefault();
  if (target.matches("details")) target.open = true;
  else if (target.matches("button[type=submit]")) target.focus();
  else target.click();
});
