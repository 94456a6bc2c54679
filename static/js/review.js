// One application before its reviewer: papers switch by click or key, turn, zoom and widen in place; hidden numbers show in
// place; the pictures of the next application are fetched ahead; Ctrl+Enter sends what one types.

import { isComposing } from "./composing.js";

const STEPS = [100, 150, 200, 300]; // per cent of the stage's width
const EDGE = 24; // pixels: the stage's padding
const SMALL = 900; // pixels: the width of the smaller pictures
const NOTICEABLE = 1.05;
const WHOLE = "whole"; // a whole page, where the papers are wide; elsewhere the style sheet shows it so
const WIDE = "papers-wide"; // the class of the page and the name under which the choice is stored
const page = document.documentElement;
const ratios = new WeakMap(); // height to width of a sheet, also while its larger picture is on its way

function show(viewer, key) {
  for (const paper of viewer.querySelectorAll("[data-viewer-paper]")) paper.hidden = paper.dataset.viewerPaper !== key;
  for (const link of viewer.querySelectorAll("[data-paper]")) {
    if (link.dataset.paper === key) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  for (const paper of viewer.querySelectorAll("[data-viewer-paper]:not([hidden])")) lay(paper);
}

const stageOf = (paper) => paper.querySelector(".viewer-stage");
const isWide = () => page.classList.contains(WIDE) && window.matchMedia("(min-width: 47.5625em)").matches;

/** The width at which a sheet is seen, in pixels; 0 leaves it to the style sheet: the whole page, or its own width. */
function seenWidth(stage, sheets, seenRatio, { zoom, across }) {
  const width = stage.clientWidth - EDGE;
  const whole = Math.min(width, (stage.clientHeight - EDGE) / seenRatio);
  if (zoom === WHOLE) return whole;
  if (zoom) return (width * zoom) / 100;
  if (isWide()) return width;
  if (!across) return 0;
  return sheets.length > 1 ? width : whole;
}

function lay(paper) {
  const turned = Number(paper.dataset.turned ?? 0);
  const across = turned % 180 !== 0;
  const zoom = paper.dataset.zoom ?? "";
  const stage = stageOf(paper);
  const sheets = stage.querySelectorAll("img");
  for (const sheet of sheets) {
    if (sheet.naturalWidth) ratios.set(sheet, sheet.naturalHeight / sheet.naturalWidth);
    const ratio = ratios.get(sheet);
    if (!ratio) {
      sheet.addEventListener("load", () => lay(paper), { once: true });
      continue;
    }
    const seen = seenWidth(stage, sheets, across ? 1 / ratio : ratio, { zoom, across });
    const width = across ? seen / ratio : seen;
    const spare = across ? (width - width * ratio) / 2 : 0; // a turned sheet keeps the box that it had
    sheet.style.rotate = `${turned}deg`;
    sheet.style.width = seen ? `${width}px` : "";
    sheet.style.maxWidth = sheet.style.maxHeight = seen ? "none" : "";
    sheet.style.margin = spare ? `${spare}px ${-spare}px` : "";
    if (seen > SMALL && sheet.dataset.large && sheet.src !== new URL(sheet.dataset.large, document.baseURI).href) sheet.src = sheet.dataset.large;
  }
}

/** The step after the size at which the paper is seen now: one that changes it. Below the smallest: the whole page. */
function nextStep(paper, direction) {
  const stage = stageOf(paper);
  const seen = stage.querySelector("img")?.getBoundingClientRect().width ?? 0;
  const present = (100 * seen) / (stage.clientWidth - EDGE);
  if (direction > 0) return STEPS.find((step) => step > present * NOTICEABLE) ?? STEPS.at(-1);
  return STEPS.findLast((step) => step * NOTICEABLE < present) ?? (isWide() ? WHOLE : "");
}

/** Back and forth between the whole width and the whole page. */
function fitted(zoom) {
  if (isWide()) return zoom === "" ? WHOLE : "";
  return zoom === "100" ? "" : "100";
}

/** The paper beside the one that is shown; it takes the focus, so that the arrows and the space bar scroll it and m marks it. */
function step(viewer, by) {
  const links = [...viewer.querySelectorAll("[data-paper]")];
  const next = links[links.findIndex((link) => link.hasAttribute("aria-current")) + by];
  if (next) show(viewer, next.dataset.paper);
  const stage = viewer.querySelector("[data-viewer-paper]:not([hidden]) .viewer-stage");
  stage.focus({ preventScroll: true });
  stage.scrollIntoView({ block: "nearest" });
}

document.addEventListener("click", (event) => {
  const stepper = event.target.closest("[data-paper-step]");
  if (stepper) {
    step(document.querySelector("[data-viewer]"), Number(stepper.dataset.paperStep));
    return;
  }
  const link = event.target.closest("[data-paper]");
  if (link) {
    event.preventDefault();
    show(link.closest("[data-viewer]"), link.dataset.paper);
    return;
  }
  const tool = event.target.closest("[data-viewer-turn], [data-viewer-zoom], [data-viewer-fit]");
  const paper = tool?.closest("[data-viewer-paper]");
  if (!paper) return;
  if ("viewerTurn" in tool.dataset) paper.dataset.turned = (Number(paper.dataset.turned ?? 0) + 90) % 360;
  else if ("viewerFit" in tool.dataset) paper.dataset.zoom = fitted(paper.dataset.zoom ?? "");
  else paper.dataset.zoom = nextStep(paper, Number(tool.dataset.viewerZoom));
  lay(paper);
});

// The papers over the whole width: stays so on every page and after the next login. They stand first then, for the Tab key too.

const zone = document.querySelector(".zone-papers");
const place = zone?.previousElementSibling;
const widener = document.querySelector("[data-viewer-wide]");

function layAll() {
  for (const paper of document.querySelectorAll("[data-viewer-paper]:not([hidden])")) lay(paper);
}

function widen(wide) {
  page.classList.toggle(WIDE, wide);
  widener?.setAttribute("aria-pressed", String(wide));
  if (zone && place) {
    if (isWide()) place.before(zone);
    else place.after(zone);
  }
  layAll();
}

widener?.addEventListener("click", () => {
  const wide = !page.classList.contains(WIDE);
  try { localStorage.setItem(WIDE, wide ? "on" : "off"); } catch { /* without storage the choice lasts for one page */ }
  widen(wide);
});
if (widener && page.classList.contains(WIDE)) widen(true);
new ResizeObserver(layAll).observe(document.querySelector("[data-viewer]") ?? page);

document.querySelector("[data-print]")?.addEventListener("click", () => window.print());

// The pictures that the next application opens with; asking for them is not opening it.

const ahead = document.querySelector("[data-ahead]");
const quiet = window.requestIdleCallback ?? ((run) => setTimeout(run, 500));

async function fetchAhead() {
  const answer = await fetch(ahead.dataset.ahead, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok || !answer.headers.get("Content-Type")?.startsWith("application/json")) return;
  const { small, large } = await answer.json();
  for (const address of isWide() ? [...small, ...large] : small) new Image().src = address;
}

if (ahead) window.addEventListener("load", () => quiet(fetchAhead));

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || isComposing(event) || event.defaultPrevented) return;
  const form = event.target.closest?.("textarea")?.closest(".decision-panel form, #note-form");
  if (!form) return;
  event.preventDefault();
  form.requestSubmit();
});

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-disclose]");
  if (!form) return;
  event.preventDefault();
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) {
    form.submit();
    return;
  }
  const { field, value } = await answer.json();
  const shown = document.querySelector(`[data-disclosed="${field}"]`);
  shown.textContent = value;
  if (form.contains(document.activeElement)) shown.closest("[data-markable]")?.focus({ preventScroll: true });
  form.remove();
});
