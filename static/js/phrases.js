// [data-phrase-for="id"]: a click appends the phrase to that field; a second click removes it.

document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-phrase-for]");
  const field = chip && document.getElementById(chip.dataset.phraseFor);
  if (!field) return;
  const phrase = chip.textContent.trim();
  const text = field.value.trim();
  if (text.includes(phrase)) {
    field.value = text.replace(phrase, "").replace(/\n{2,}/g, "\n").trim();
  } else {
    field.value = text ? `${text}\n${phrase}` : phrase;
  }
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
});
