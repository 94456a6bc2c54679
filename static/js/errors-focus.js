// After a form with errors: the list of errors gets the focus, and each of its links focuses the control, opening folded
// sections. A page opened with #field does the same.

const CONTROL = "input:not([type=hidden]), select, textarea, button, a[href]";

export function goTo(id) {
  const place = document.getElementById(id);
  if (!place) return false;
  for (let fold = place.closest("details"); fold; fold = fold.parentElement?.closest("details")) fold.open = true;
  const frame = place.closest(".field, .slot") ?? place;
  const control = place.matches(CONTROL) ? place : place.querySelector(CONTROL);
  const large = frame.getBoundingClientRect().height > window.innerHeight / 2;
  frame.scrollIntoView({ block: large ? "start" : "center" });
  (control ?? place).focus({ preventScroll: true });
  frame.classList.remove("flash-target");
  void frame.offsetWidth;
  frame.classList.add("flash-target");
  return true;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#"]');
  if (!link || link.classList.contains("skip") || event.defaultPrevented) return;
  const id = decodeURIComponent(link.getAttribute("href").slice(1));
  const dialog = link.closest("dialog");
  if (!document.getElementById(id)) return;
  event.preventDefault();
  if (dialog?.open && !dialog.contains(document.getElementById(id))) dialog.close();
  history.replaceState(null, "", `#${id}`);
  goTo(id);
});

const summary = document.querySelector("[data-focus-on-load]");
const named = decodeURIComponent(location.hash.slice(1));
if (summary) summary.focus();
else if (named) {
  goTo(named);
  // Browsers scroll to the anchor themselves after loading, and leave the focus on its frame.
  const again = () => document.activeElement === document.getElementById(named) && goTo(named);
  window.addEventListener("load", () => requestAnimationFrame(() => requestAnimationFrame(again)));
}
