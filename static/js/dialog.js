// Opens and closes native dialogs. [data-dialog-open="id"] opens, [data-dialog-close] closes its dialog;
// the focus then returns to the opener. A dialog with data-dialog-locked is closed neither by Esc nor by a click.

import { isComposing } from "./composing.js";

const openers = new WeakMap();

export function openDialog(target, opener = document.activeElement) {
  const dialog = typeof target === "string" ? document.getElementById(target) : target;
  if (!dialog || dialog.open) return dialog;
  openers.set(dialog, opener);
  dialog.showModal();
  const first = dialog.querySelector("[autofocus]") ?? dialog.querySelector(".dialog-head h2");
  first?.focus();
  dialog.dispatchEvent(new CustomEvent("dialog:open", { bubbles: true }));
  return dialog;
}

export function closeDialog(target, value) {
  const dialog = typeof target === "string" ? document.getElementById(target) : target;
  if (dialog?.open) dialog.close(value);
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog-open]");
  if (opener && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    if (!document.getElementById(opener.dataset.dialogOpen)) return;
    event.preventDefault();
    openDialog(opener.dataset.dialogOpen, opener);
    return;
  }
  const closer = event.target.closest("[data-dialog-close]");
  if (closer) closeDialog(closer.closest("dialog"));
});

document.addEventListener("cancel", (event) => {
  if (event.target.matches?.("dialog[data-dialog-locked]")) event.preventDefault();
}, true);

// Browsers close the dialog on a second Esc even when the first was prevented, and during the composition of an input method.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && (isComposing(event) || document.querySelector("dialog[data-dialog-locked]:modal"))) event.preventDefault();
}, true);

document.addEventListener("close", (event) => {
  const opener = openers.get(event.target);
  openers.delete(event.target);
  if (opener?.isConnected) opener.focus();
}, true);

const automatic = document.querySelector("dialog[data-dialog-auto]");
if (automatic) openDialog(automatic, null);
