// input[data-most-bytes]: a file that is too large is refused when it is chosen. On a slow line it would travel for minutes before the
// server could say so.
const MEGABYTE = 1024 * 1024;

document.addEventListener("change", ({ target }) => {
  if (!target.matches("input[type=file][data-most-bytes]")) return;
  const field = target.closest(".field");
  field.querySelector("[data-large]")?.remove();
  const large = [...target.files].find((file) => file.size > target.dataset.mostBytes);
  if (!large) return;
  const error = document.createElement("p");
  error.className = "field-error";
  error.dataset.large = "";
  error.setAttribute("role", "alert");
  const size = (Math.ceil((large.size / MEGABYTE) * 10) / 10).toFixed(1);
  error.textContent = target.dataset.tooLarge.replace("{name}", large.name).replace("{size}", size);
  target.value = "";
  target.after(error);
});
