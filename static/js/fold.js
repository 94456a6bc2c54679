// [data-fold="phone"]: open on a desk, one line on a phone until somebody opens it. What holds an error stays open.

const phone = window.matchMedia("(max-width: 760px)");

function arrange() {
  for (const fold of document.querySelectorAll("details[data-fold=phone]")) {
    fold.open = !phone.matches || Boolean(fold.querySelector("[aria-invalid=true], .field-error:not([hidden])"));
    fold.dataset.folded = "";
  }
}

arrange();
phone.addEventListener("change", arrange);
window.addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("details.card")) fold.open = true;
});
window.addEventListener("afterprint", arrange);
