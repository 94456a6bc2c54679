// On a phone 「筛选」 shows the fields of a list's filter line that are not in use.

document.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-filters-toggle]");
  if (!toggle) return;
  const open = toggle.closest(".filters").classList.toggle("is-open");
  toggle.setAttribute("aria-expanded", String(open));
});
