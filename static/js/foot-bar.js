// The bar at the foot grows with what it says (a failure, a reason that opens in it). Scrolling leaves room for its real height, and
// a control that it would come to cover stays visible.

const bar = document.querySelector(".footbar");
const root = document.documentElement;

function follow() {
  root.style.setProperty("--footbar-now", `${Math.ceil(bar.getBoundingClientRect().height)}px`);
  const control = document.activeElement;
  if (!control?.matches("input, select, textarea, button, a[href]") || control.closest(".footbar, dialog")) return;
  const { top, bottom } = control.getBoundingClientRect();
  const edge = bar.getBoundingClientRect().top;
  if (top < window.innerHeight && bottom > edge) control.scrollIntoView({ block: "nearest" });
}

if (bar) new ResizeObserver(follow).observe(bar);
