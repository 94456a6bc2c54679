// The button that shows a typed password. It is hidden again before the form is sent, so that no browser stores it as text.

for (const frame of document.querySelectorAll("[data-password]")) {
  const input = frame.querySelector("input");
  const button = frame.querySelector("button");
  const show = (visible) => {
    input.type = visible ? "text" : "password";
    button.setAttribute("aria-pressed", String(visible));
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    show(input.type === "password");
    input.focus();
  });
  input.form?.addEventListener("submit", () => show(false));
}
