// Renews the three example rows of the bank's file while its settings are changed. Without it 「预览」 does the same.

const form = document.getElementById("bank-layout");
const shown = document.getElementById("preview");
let latest = 0;
let pause;

async function renew() {
  const turn = ++latest;
  const answer = await fetch(form.dataset.previewUrl, { method: "POST", body: new FormData(form) }).catch(() => null);
  if (answer?.ok && turn === latest) shown.innerHTML = await answer.text();
}

form.addEventListener("input", () => {
  clearTimeout(pause);
  pause = setTimeout(renew, 300);
});
