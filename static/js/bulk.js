// The bar above a list whose rows can be chosen: 「本页」 ticks all of the page, and the bar says how many are ticked.

const bar = document.querySelector("[data-bulk]");
const boxes = () => [...document.querySelectorAll(`input[form="${bar.id}"][name="row"]`)];

function show() {
  const all = boxes();
  const chosen = all.filter((box) => box.checked).length;
  const page = bar.querySelector("[data-bulk-page]");
  page.checked = chosen === all.length;
  page.indeterminate = chosen > 0 && chosen < all.length;
  const everything = bar.elements.namedItem("all").checked;
  for (const box of all) box.disabled = everything;
  page.disabled = everything;
  const count = bar.querySelector("[data-bulk-count]");
  const words = chosen && !everything ? count.dataset.words.replace("{n}", chosen) : "";
  if (count.textContent !== words) count.textContent = words;
}

if (bar) {
  let last = null;
  bar.querySelector("[data-bulk-page]").addEventListener("change", (event) => {
    for (const box of boxes()) box.checked = event.target.checked;
    show();
  });
  // With Shift, everything between the last box and this one.
  document.addEventListener("click", (event) => {
    const all = boxes();
    const place = all.indexOf(event.target);
    if (place < 0) {
      if (event.target.matches(".cell-choose")) event.target.querySelector("input")?.click(); // missed by a few pixels
      return;
    }
    if (event.shiftKey && last !== null) {
      for (const box of all.slice(Math.min(last, place), Math.max(last, place) + 1)) box.checked = event.target.checked;
    }
    last = place;
    show();
  });
  bar.addEventListener("change", show);
  window.addEventListener("pageshow", show); // a browser that comes back fills the boxes by itself
  show();
}
