// Progress of a long job (an import, a bulk decision): fetches the page every second and updates it in place until the worker has finished.

const PAUSE = 1000; // ms
const part = () => document.getElementById("job");

async function refresh() {
  const answer = await fetch(window.location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  const page = answer?.ok && !answer.redirected ? new DOMParser().parseFromString(await answer.text().catch(() => ""), "text/html") : null;
  const fresh = page?.getElementById("job");
  if (!fresh) return; // no network or no login: the bar stays as it is until the next success
  if ("inWork" in fresh.dataset) {
    const [bar, text] = ["progress", "[data-progress-text]"].map((what) => part().querySelector(what));
    const now = fresh.querySelector("progress");
    bar.max = now.max;
    bar.value = now.value;
    text.textContent = fresh.querySelector("[data-progress-text]").textContent;
    part().querySelector(".progress-label").textContent = fresh.querySelector(".progress-label").textContent;
    const [notice, newNotice] = [part(), fresh].map((from) => from.querySelector("[data-notice]"));
    if (notice.innerHTML !== newNotice.innerHTML) notice.innerHTML = newNotice.innerHTML; // only when it changes, because screen readers announce it
  } else {
    part().replaceWith(fresh);
  }
}

async function watch() {
  while ("inWork" in part().dataset) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    await refresh();
  }
}

watch();
