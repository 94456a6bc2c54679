// Runs before the page is painted and before any other script. Marks the page for the style sheets as one with scripts, and as
// one whose papers are wide (review.js). Folds what is folded in a narrow window (fold.js) as it is parsed: when the other scripts
// have arrived, on a slow line seconds later, the page would jump below a finger. Nothing else belongs here.
document.documentElement.classList.replace("no-js", "js");
try { document.documentElement.classList.toggle("papers-wide", localStorage.getItem("papers-wide") === "on"); } catch { /* no storage */ }
// A page whose script does not arrive, on a bad line or in a tree without static/vendor, works as it does without scripts.
addEventListener("error", ({ target }) => {
  if (target.dataset?.replaces === "form") document.documentElement.classList.replace("js", "no-js");
}, true);
if (matchMedia("(max-width: 62.5em)").matches) {
  const kinds = matchMedia("(max-width: 47.5em)").matches ? ["phone", "narrow"] : ["narrow"];
  const parsed = new MutationObserver((records) => {
    for (const { addedNodes } of records) {
      for (const node of addedNodes) if (node.localName === "details" && kinds.includes(node.dataset.fold)) node.open = false;
    }
  });
  parsed.observe(document, { childList: true, subtree: true });
  addEventListener("DOMContentLoaded", () => parsed.disconnect());
}
