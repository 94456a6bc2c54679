// Marks the page with data-keyboard while the person navigates by keyboard. base.css then draws the focus ring around elements
// that a script focuses. Typing into a field does not count: people with a pointer type as well.

const MOVES = new Set(["Tab", "Escape", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]);
const page = document.documentElement;

document.addEventListener("keydown", (event) => {
  if (MOVES.has(event.key)) page.dataset.keyboard = "";
}, true);
document.addEventListener("pointerdown", () => delete page.dataset.keyboard, true);
