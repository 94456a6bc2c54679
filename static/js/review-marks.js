// A desk's marks on one application: the form opens in place, is saved at once, and what 「回退」 sends is drawn anew.
// [data-markable] is a place; its id is the target. Without this script each 「标记」 leads to the page with the form in its place.
import { isComposing } from "./composing.js";
import { jsonOf } from "./reply.js";
import { isDirty, markClean, markDirty } from "./unsaved.js";

const EXPIRED = 419;
const blank = document.querySelector("[data-mark-blank]");
let form = document.querySelector("[data-mark-form]");
let hovered = null;
let pointed = null; // where the pointer has moved since the focus moved last: of the two, the later one says what is meant
const left = new Map(); // what was typed at a target when Escape closed its form

const slot = (target) => document.querySelector(`[data-mark-at="${CSS.escape(target)}"]`);
const placeOf = (target) => document.getElementById(target);

/** The place that an element belongs to: its own, or that of the paper that is shown. */
function markable(element) {
  const paper = element?.closest?.("[data-viewer-paper]");
  const link = paper && document.querySelector(`[data-paper="${paper.dataset.viewerPaper}"]`);
  let place = (link ?? element)?.closest?.("[data-markable], .papers-list li") ?? null;
  while (place && !("markable" in place.dataset)) place = place.previousElementSibling; // a further file of the same material
  return place;
}

function close(focus = true, keep = false) {
  if (!form) return;
  const target = form.elements.target.value;
  if (keep && isDirty(form)) left.set(target, form.elements.note.value);
  else left.delete(target);
  markClean(form);
  form.remove();
  form = null;
  if (focus) slot(target)?.querySelector("a")?.focus();
}

function open(target) {
  const at = slot(target);
  if (!at) return;
  if (form) {
    if (form.elements.target.value === target || isDirty(form)) { // a note that is not saved stays where it is
      form.elements.note.focus();
      return;
    }
    close(false);
  }
  form = blank.content.firstElementChild.cloneNode(true);
  const note = at.querySelector("[data-mark-note]");
  form.elements.target.value = target;
  form.elements.note.value = left.get(target) ?? note?.textContent ?? "";
  if (left.has(target)) markDirty(form);
  form.elements.note.removeAttribute("autofocus");
  form.setAttribute("aria-label", form.dataset.label.replace("{place}", placeOf(target).dataset.markable));
  form.querySelector("[data-mark-remove]").hidden = !note;
  at.after(form);
  form.elements.note.focus();
  form.scrollIntoView({ block: "nearest" });
}

function refuse(sentence) {
  const error = form.querySelector("[data-mark-error]");
  error.textContent = sentence;
  error.hidden = !sentence;
  form.elements.note.toggleAttribute("aria-invalid", Boolean(sentence));
  if (sentence) form.elements.note.setAttribute("aria-invalid", "true");
}

function show(reply, target) {
  slot(target).innerHTML = reply.place;
  for (const link of slot(target).querySelectorAll("a")) {
    link.setAttribute("aria-label", `${link.textContent.trim()} ${placeOf(target).dataset.markable}`);
  }
  for (const list of document.querySelectorAll("[data-marks-going]")) list.innerHTML = reply.list;
  for (const words of document.querySelectorAll("[data-marks-dropped]")) words.textContent = reply.dropped.trim();
  for (const needed of document.querySelectorAll("[data-reason-needed]")) needed.hidden = reply.count > 0;
  for (const free of document.querySelectorAll("[data-reason-free]")) free.hidden = reply.count === 0;
}

/** A token of the session in which the same person has come in again, taken from the page with the form in its place. */
async function renewToken() {
  const answer = await fetch(`${window.location.pathname}?mark=${encodeURIComponent(form.elements.target.value)}`).catch(() => null);
  if (!answer?.ok) return false;
  const fresh = new DOMParser().parseFromString(await answer.text().catch(() => ""), "text/html").querySelector("[data-mark-form]");
  if (!fresh || fresh.dataset.whose !== form.dataset.whose) return false;
  form.elements.csrf_token.value = fresh.querySelector("[name=csrf_token]").value;
  return true;
}

async function send(body) {
  const post = () => fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
  const answer = await post();
  if (answer?.status !== EXPIRED || !(await renewToken())) return answer;
  body.set("csrf_token", form.elements.csrf_token.value);
  return post();
}

document.addEventListener("submit", async (event) => {
  if (event.target !== form) return;
  event.preventDefault();
  if (form.dataset.sending) return;
  const sent = form;
  sent.dataset.sending = "yes";
  const body = new FormData(sent);
  if (event.submitter?.name) body.set(event.submitter.name, event.submitter.value);
  const answer = await send(body);
  const reply = await jsonOf(answer);
  delete sent.dataset.sending;
  if (form !== sent) return;
  if (reply?.place !== undefined) {
    const target = body.get("target");
    show(reply, target);
    close();
    document.querySelector("[data-mark-status]").textContent = reply.said;
  } else {
    const expired = answer && (answer.redirected || answer.status === EXPIRED || answer.status === 404);
    const { failed, busy } = form.dataset;
    refuse(reply?.failed ?? (expired ? form.dataset.expired : answer ? busy : failed));
    form.elements.note.focus();
  }
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-mark]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    open(link.dataset.mark);
  } else if (event.target.closest("[data-mark-cancel]")) {
    event.preventDefault();
    close();
  } else if (event.target.closest("[data-mark-here]")) {
    const place = markable(pointed) ?? markable(document.activeElement) ?? markable(hovered) ?? document.querySelector("[data-markable]");
    if (place) open(place.id);
  }
});
document.addEventListener("pointerover", (event) => { hovered = event.target; });
document.addEventListener("pointermove", (event) => { pointed = event.target; });
document.addEventListener("focusin", () => { pointed = null; });
document.addEventListener("keydown", (event) => {
  if (!form || !form.contains(event.target) || isComposing(event)) return;
  if (event.key === "Escape") {
    event.preventDefault();
    close(true, true);
  } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit(form.querySelector("button[value=save]"));
  }
});
