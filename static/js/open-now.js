// [data-open-now]: tells the server that this page is open while somebody looks at it, and says which colleagues have it open too.

const EVERY = 20_000; // milliseconds; the server forgets a page after a minute

const place = document.querySelector("[data-open-now]");

function said(more = {}) {
  const body = new FormData();
  body.set("csrf_token", place.dataset.token);
  for (const [name, value] of Object.entries(more)) body.set(name, value);
  return body;
}

async function beat() {
  if (document.visibilityState !== "visible") return;
  const answer = await fetch(place.dataset.openNow, { method: "POST", body: said() }).catch(() => null);
  if (!answer) return; // the line is down: the next one may arrive
  if (!answer.ok || !answer.headers.get("Content-Type")?.startsWith("application/json")) {
    if (answer.status < 500 && answer.status !== 429) clearInterval(timer); // the session has ended
    return;
  }
  const { words } = await answer.json();
  if (place.textContent !== words) place.textContent = words;
}

let timer = 0;
if (place) {
  timer = setInterval(beat, EVERY);
  beat();
  document.addEventListener("visibilitychange", beat);
  window.addEventListener("pageshow", (event) => { if (event.persisted) beat(); });
  window.addEventListener("pagehide", () => navigator.sendBeacon(place.dataset.openNow, said({ leaving: "1" })));
}
