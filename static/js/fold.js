// [data-fold]: open on a wide window, folded on a narrow one. "phone" folds up to 47.5 em (760 px, unless people have chosen a larger text), "narrow" up to 62.5 em.
// A section with an error stays open.

const widths = { phone: window.matchMedia("(max-width: 47.5em)"), narrow: window.matchMedia("(max-width: 62.5em)") };

const folds = () => document.querySelectorAll("details[data-fold]");
const isWrong = (fold) => fold.querySelector("[aria-invalid=true], .field-error:not([hidden])") !== null;

function arrange() {
  for (const fold of folds()) fold.open = !widths[fold.dataset.fold].matches || isWrong(fold);
}

// boot.js has folded them; since then somebody may have opened one.
for (const fold of folds()) if (isWrong(fold)) fold.open = true;
for (const width of Object.values(widths)) width.addEventListener("change", arrange);
window.addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("details.card")) fold.open = true;
});
window.addEventListener("afterprint", arrange);
