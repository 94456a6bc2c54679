// A decision that opened takes the focus into its field; Esc closes it and goes back to its button.
// Both are always in sight at the foot: the page behind them stays where it is.

import { isComposing } from "./composing.js";

/** Opens a decision by its key. The focus moves at once: what is typed right after the key is text, no further shortcut. */
export function openByKey(decision) {
  decision.open = true;
  focusField(decision);
}

function focusField(decision) {
  const panel = decision.querySelector(".decision-panel");
  if (!panel || panel.contains(document.activeElement)) return;
  panel.querySelector(":is(textarea, input:not([type=hidden]), select, button)")?.focus({ preventScroll: true });
}

document.addEventListener("toggle", (event) => {
  if (event.target.matches("details.decision") && event.target.open) focusField(event.target);
}, true);

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || isComposing(event) || event.defaultPrevented || document.querySelector("dialog:modal")) return;
  const open = document.querySelector("details.decision[open], details.keys[open], details.desk-hand[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus({ preventScroll: true });
});
