// [data-fold]: open on a wide window, folded on a narrow one. "phone" folds up to 47.5 em (760 px, unless people have chosen a larger text), "narrow" up to 62.5 em.
// A section with an error stays open.

const widths = { phone: window.matchMedia("(max-width: 47.5em)"), narrow: window.matchMedia("(max-width: 62.5em)") };

function arrange() {
  for (const fold of document.querySelectorAll("details[data-fold]")) {
    const wrong = fold.querySelector("[aria-invalid=true], .field-error:not([hidden])");
    fold.open = !widths[fold.dataset.fold].matches || Boolean(wrong);
  }
}

arrange();
for (const width of Object.values(widths)) width.addEventListener("change", arrange);
window.addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("details.card")) fold.open = true;
});
window.addEventListener("afterprint", arrange);
