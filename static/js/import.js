// An import that a worker has: its page is asked again each second, and what it shows is renewed in place until it is through.

const PAUSE = 1000; // ms
const part = () => document.getElementById("import");

async function look() {
  const answer = await fetch(window.location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  const page = answer?.ok && !answer.redirected ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  const fresh = page?.getElementById("import");
  if (!fresh) return; // the network, or the login, is away: the bar stands still until it is back
  if ("inWork" in fresh.dataset) {
    const [bar, text] = ["progress", "[data-progress-text]"].map((what) => part().querySelector(what));
    const now = fresh.querySelector("progress");
    bar.max = now.max;
    bar.value = now.value;
    text.textContent = fresh.querySelector("[data-progress-text]").textContent;
    part().querySelector(".progress-label").textContent = fresh.querySelector(".progress-label").textContent;
    const [notice, newNotice] = [part(), fresh].map((from) => from.querySelector("[data-notice]"));
    if (notice.innerHTML !== newNotice.innerHTML) notice.innerHTML = newNotice.innerHTML; // once: it is read aloud
  } else {
    part().replaceWith(fresh);
  }
}

async function watch() {
  while ("inWork" in part().dataset) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    await look();
  }
}

watch();
