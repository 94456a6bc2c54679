// [data-copy-field="id"]: copies the text of that field. Without clipboard access (http) the text is selected instead.

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy-field]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copyField);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    if (!document.execCommand("copy")) return;
  }
  button.querySelector("span").textContent = button.dataset.done;
});
