// The two buttons beside a new 「找回码」: copy and print. The first one is hidden without clipboard access.

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    const code = document.getElementById(button.dataset.copy).lastChild.textContent.trim();
    await navigator.clipboard.writeText(code);
    button.querySelector("span").textContent = button.dataset.done;
  });
}
for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());
