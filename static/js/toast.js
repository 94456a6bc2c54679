// Short messages that disappear after some seconds unless focused or pointed at; toast() adds one.

const STAY = 8_000; // ms; long enough to read it twice

const place = document.querySelector("[data-toasts]");

function addCloseButton(item) {
  const close = document.createElement("button");
  close.type = "button";
  close.className = "toast-close";
  close.textContent = "×";
  close.setAttribute("aria-label", place.dataset.close);
  close.addEventListener("click", () => item.remove());
  item.append(close);
  if (item.classList.contains("toast-error")) return;
  let timer = setTimeout(() => item.remove(), STAY);
  for (const stop of ["pointerenter", "focusin"]) item.addEventListener(stop, () => clearTimeout(timer));
  for (const go of ["pointerleave", "focusout"]) {
    item.addEventListener(go, () => {
      clearTimeout(timer);
      timer = setTimeout(() => item.remove(), STAY);
    });
  }
}

/** kind: "success", "info" or "error"; an error stays until it is closed. */
export function toast(text, kind = "success") {
  const item = document.createElement("div");
  item.className = `toast toast-${kind}`;
  if (kind === "error") item.setAttribute("role", "alert");
  const words = document.createElement("p");
  words.textContent = text;
  item.append(words);
  place.append(item);
  addCloseButton(item);
  return item;
}

place?.querySelectorAll("[data-toast]").forEach(addCloseButton);
