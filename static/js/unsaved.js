// form[data-unsaved]: remembers that something was changed, says so in [data-unsaved-status="form id"], and asks before one leaves.
// data-unsaved="dirty" says that the page itself came with changes that are not saved.

const dirty = new Set();

function say(form, state, words) {
  for (const status of document.querySelectorAll(`[data-unsaved-status="${form.getAttribute("id")}"]`)) {
    for (const part of status.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== state;
    if (state === "failed" && words) status.querySelector("[data-unsaved-failure]").textContent = words;
  }
}

export function markDirty(form) {
  dirty.add(form);
  say(form, "dirty");
}

export function markClean(form) {
  dirty.delete(form);
  say(form, "clean");
}

/** Saving failed: what was typed is still unsaved; `words` say what to do. */
export function markFailed(form, words) {
  dirty.add(form);
  say(form, "failed", words);
}

export const isDirty = (form) => dirty.has(form);

function changed(event) {
  const form = event.target.form;
  if (form && "unsaved" in form.dataset && event.target.type !== "hidden") markDirty(form);
}
document.addEventListener("input", changed);
document.addEventListener("change", changed);

// Sending the form is no leaving; sending another one, or following a link, is.
document.addEventListener("submit", (event) => {
  if (!event.defaultPrevented) dirty.delete(event.target);
});

window.addEventListener("beforeunload", (event) => {
  if (dirty.size) event.preventDefault();
});

for (const form of document.querySelectorAll("form[data-unsaved=dirty]")) {
  dirty.add(form);
  const failed = document.querySelector(`[data-unsaved-status="${form.getAttribute("id")}"] [data-when=failed]`);
  if (!failed || failed.hidden) say(form, "dirty");
}
