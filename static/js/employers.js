// The dialog in which one searches 「工作单位」 by a keyword, selects a row and takes it.
import { closeDialog } from "./dialog.js";

/** `onTaken` is called with the field that has got another employer. */
export function searchEmployers(form, onTaken) {
  const dialog = document.getElementById("employers");
  const search = dialog.querySelector("[data-employers]");
  const found = dialog.querySelector("[data-employers-found]");
  const none = dialog.querySelector("[data-employers-none]");

  function fail(answer) {
    const { expired, busy, failed } = search.dataset;
    const words = document.createElement("p");
    words.className = "field-error";
    words.textContent = answer?.redirected ? expired : answer ? busy : failed;
    if (answer?.redirected) {
      const link = document.querySelector("[data-login]").cloneNode(true); // the one in the bar lies behind the dialog
      link.hidden = false;
      words.append(" ", link);
    }
    found.replaceChildren(words);
  }

  search.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = search.querySelector("button");
    button.setAttribute("aria-busy", "true");
    const address = `${search.dataset.employers}?q=${encodeURIComponent(search.elements.q.value)}`;
    const answer = await fetch(address).catch(() => null);
    button.removeAttribute("aria-busy");
    if (answer?.ok && !answer.redirected) found.innerHTML = await answer.text();
    else fail(answer);
  });

  function take() {
    const chosen = found.querySelector("input:checked");
    none.textContent = chosen ? "" : none.dataset.word;
    if (!chosen) {
      (found.querySelector("input") ?? search.elements.q).focus();
      return;
    }
    const pick = form.querySelector("[data-pick]");
    pick.querySelector("[data-pick-value]").value = chosen.value;
    const shown = pick.querySelector("[data-pick-shown]");
    shown.value = shown.parentElement.dataset.shown = chosen.dataset.name;
    pick.querySelector("[data-employer]").innerHTML = chosen.closest(".employer").querySelector(".employer-more").innerHTML;
    closeDialog(dialog);
    onTaken(pick);
  }

  found.addEventListener("change", () => { none.textContent = ""; });
  found.addEventListener("dblclick", (event) => event.target.closest(".employer") && take());
  found.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    take();
  });
  dialog.querySelector("[data-employers-take]").addEventListener("click", take);
}
