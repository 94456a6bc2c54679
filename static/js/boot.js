// Runs before the page is painted and before any other script. Marks the page for the style sheets as one with scripts, and as
// one whose papers are wide (review.js). Nothing else belongs here.
document.documentElement.classList.replace("no-js", "js");
try { document.documentElement.classList.toggle("papers-wide", localStorage.getItem("papers-wide") === "on"); } catch { /* no storage */ }
// A page whose script does not arrive, on a bad line or in a tree without static/vendor, works as it does without scripts.
addEventListener("error", ({ target }) => {
  if (target.dataset?.replaces === "form") document.documentElement.classList.replace("js", "no-js");
}, true);
