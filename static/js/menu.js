// Where the menu is a row wider than a phone: the present page's entry comes into sight, and the page itself does not move.

for (const row of document.querySelectorAll(".top-nav ul, .side-menu ul, .tabs ul")) {
  const here = row.querySelector("[aria-current]");
  if (here) row.scrollLeft = here.offsetLeft - row.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;
}
