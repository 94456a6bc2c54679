// A menu row wider than the window is scrolled to the current page's entry; the page itself is not scrolled.

for (const row of document.querySelectorAll(".top-nav ul, .side-menu ul, .tabs ul")) {
  const here = row.querySelector("[aria-current]");
  if (here) row.scrollLeft = here.offsetLeft - row.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;
}
