// Runs the ring of components/progress.html. It reads the clock instead of counting ticks, because browsers slow down timers of background tabs.

const SPOKEN = [30, 15, 5];

export function countdown(frame, { onTick, onEnd } = {}) {
  const total = Number(frame.dataset.total);
  const end = performance.now() + Number(frame.dataset.countdown) * 1000;
  const ring = frame.querySelector(".countdown-ring");
  const voice = frame.querySelector("[data-countdown-voice]");
  const spoken = new Set();

  function tick() {
    const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    for (const figure of frame.querySelectorAll("[data-countdown-figure]")) figure.textContent = String(left);
    ring.setAttribute("stroke-dasharray", `${(100 * Math.max(0, left - 1)) / total} 100`);
    if (SPOKEN.includes(left) && !spoken.has(left)) {
      spoken.add(left);
      voice.textContent = voice.dataset.words.replace("{n}", left);
    }
    onTick?.(left);
    if (left > 0) return;
    clearInterval(timer);
    onEnd?.();
  }

  const timer = setInterval(tick, 250);
  tick();
  return () => clearInterval(timer);
}
