// On a phone 「筛选」 shows the unused fields of a list's filters.

document.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-filters-toggle]");
  if (!toggle) return;
  const open = toggle.closest(".filters").classList.toggle("is-open");
  toggle.setAttribute("aria-expanded", String(open));
});
