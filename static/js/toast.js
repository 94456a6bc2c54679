// Short messages that disappear after some seconds unless focused or pointed at. One that stands in the page stays until it is
// closed: what follows would move while it is read.

const STAY = 8_000; // ms; long enough to read it twice

const place = document.querySelector("[data-toasts]");
const covers = () => getComputedStyle(place).position !== "static";

function addCloseButton(item) {
  const close = document.createElement("button");
  close.type = "button";
  close.className = "toast-close";
  close.textContent = "×";
  close.setAttribute("aria-label", place.dataset.close);
  close.addEventListener("click", () => item.remove());
  item.append(close);
  let timer;
  const start = () => {
    clearTimeout(timer);
    timer = setTimeout(() => covers() && item.remove(), STAY);
  };
  for (const stop of ["pointerenter", "focusin"]) item.addEventListener(stop, () => clearTimeout(timer));
  for (const go of ["pointerleave", "focusout"]) item.addEventListener(go, start);
  start();
}

place?.querySelectorAll("[data-toast]").forEach(addCloseButton);
