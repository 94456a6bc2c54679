// table[data-rows]: a click anywhere in a row opens its first link, as a click on the link would; a selection of text does not.

import { isShortcut, shortcutKey } from "./keys.js";

const OWN = "a, button, input, select, textarea, label, summary, .cell-choose";

function linkOf(event) {
  const row = event.target.closest("table[data-rows] tbody tr");
  if (!row || event.target.closest(OWN)) return null;
  return row.querySelector("a[href]");
}

document.addEventListener("click", (event) => {
  const link = linkOf(event);
  if (!link || event.button !== 0 || !window.getSelection().isCollapsed) return;
  if (event.ctrlKey || event.metaKey) window.open(link.href, "_blank", "noopener");
  else link.click();
});

document.addEventListener("auxclick", (event) => {
  const link = linkOf(event);
  if (link && event.button === 1) window.open(link.href, "_blank", "noopener");
});

// j and k walk through the rows.
document.addEventListener("keydown", (event) => {
  const key = shortcutKey(event);
  if (!["j", "k"].includes(key) || !isShortcut(event)) return;
  const links = [...document.querySelectorAll("table[data-rows] tbody tr")].map((row) => row.querySelector("a[href]")).filter(Boolean);
  if (!links.length) return;
  const here = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
  const next = key === "j" ? Math.min(here + 1, links.length - 1) : Math.max(here - 1, 0);
  links[next].focus();
});

// x ticks the row that j and k have reached, where rows can be ticked. Held down, it would tick and untick.
document.addEventListener("keydown", (event) => {
  if (shortcutKey(event) !== "x" || event.repeat || !isShortcut(event)) return;
  document.activeElement.closest("table[data-rows] tbody tr")?.querySelector(".cell-choose input[type=checkbox]:enabled")?.click();
});
