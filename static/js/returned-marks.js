// The marks of a return: 已修改 or 未修改 follows what is typed. [data-returned] is one mark's state, drawn in the list and at its
// place; data-control is the field or row, data-was what it held when it was marked. The server said it of what is saved.

const plain = (text) => String(text ?? "").normalize("NFKC").replace(/\s+/g, " ").trim();

function valueOf(id) {
  const hidden = document.getElementById(`${id}-value`);
  const control = hidden ?? document.getElementById(id);
  if (control?.matches("[role=radiogroup]")) return control.querySelector("input:checked")?.value ?? "";
  if (control?.type === "checkbox") return control.checked ? "yes" : "";
  return control?.value;
}

/** Whether a row of 学习工作经历 still says what it said; its fields may stand in the dialog just now. */
function rowIsSame(id, was) {
  const number = id.slice("row-".length);
  if (!document.getElementById(id)) return false;
  return Object.entries(was).every(([key, text]) => {
    const fields = [...document.querySelectorAll(`[name="experiences-${number}-${key}"]`)];
    const one = fields.length > 1 || fields[0]?.type === "radio" ? fields.find((each) => each.checked) : fields[0];
    return plain(one?.value) === plain(text);
  });
}

function update() {
  for (const state of document.querySelectorAll("[data-returned][data-control]")) {
    const { control, was } = state.dataset;
    const before = JSON.parse(was);
    const same = control.startsWith("row-") ? rowIsSame(control, before) : plain(valueOf(control)) === plain(before);
    state.querySelector("[data-changed=yes]").hidden = same;
    state.querySelector("[data-changed=no]").hidden = !same;
  }
}

for (const kind of ["input", "change", "click", "close"]) document.addEventListener(kind, () => setTimeout(update), true);
window.addEventListener("pageshow", update);
update();
