// Runs before the page is painted: marks the page for the style sheets as one with scripts, and as one whose papers are wide
// (review.js). Nothing else belongs here.
document.documentElement.classList.replace("no-js", "js");
try { document.documentElement.classList.toggle("papers-wide", localStorage.getItem("papers-wide") === "on"); } catch { /* no storage */ }
