// The applicant's main page: 「申请须知」, rows of 「学习工作经历」, 「工作单位」, and a saving that survives a bad connection.
import { check as checkElsewhere, keepSoon, saved, sayIfSlow, stopSending } from "./autosave.js";
import { withCodePoints } from "./code-points.js";
import { isComposing } from "./composing.js";
import { closeDialog, openDialog } from "./dialog.js";
import { countdown } from "./countdown.js";
import { searchEmployers } from "./employers.js";
import { jsonOf } from "./reply.js";
import { renewToken } from "./token.js";
import { isDirty, markClean, markDirty, markFailed } from "./unsaved.js";

const form = document.getElementById("application");
const token = form.querySelector("[name=csrf_token]").value;

// --- 「申请须知」: closes by itself at the end of its time
const notice = document.querySelector("[data-notice]");
if (notice) {
  countdown(notice.querySelector("[data-countdown]"), {
    onEnd() {
      const dialog = notice.closest("dialog");
      dialog.removeAttribute("data-dialog-locked");
      document.body.classList.remove("notice-first");
      closeDialog(dialog);
      document.querySelector(".page-head h1").focus(); // nobody opened it, so nothing else gets the focus back
      notice.remove();
      // The server has its own clock; should this be lost, the saving tells it too.
      fetch(notice.dataset.notice, { method: "POST", headers: { "X-CSRFToken": token } }).catch(() => {});
    },
  });
}

// --- 「学习工作经历」: a row's fields stand in the form, are edited in the dialog, and are read from the line above them
const list = form.querySelector("[data-experiences]");
const dialog = document.getElementById("experience-dialog");
const stage = dialog.querySelector("[data-experience-slot]");
const removal = document.getElementById("experience-remove");
const unsavedRow = dialog.querySelector("[data-experience-unsaved]");
let edited = null;

const value = (row, key) => {
  const field = row.querySelector(`[name$="-${key}"]:checked, [name$="-${key}"]:not([type=radio])`);
  return field?.value.trim() ?? "";
};

function label(row, key) {
  const field = row.querySelector(`[name$="-${key}"]:checked`);
  return field ? row.querySelector(`label[for="${field.id}"]`).textContent.trim() : "";
}

function draw(row) {
  const line = row.querySelector("[data-experience-line]");
  const put = (key, text) => { line.querySelector(`[data-of=${key}]`).replaceChildren(...withCodePoints(text)); };
  const english = document.documentElement.lang === "en";
  const until = value(row, "end") || (english ? "now" : "今");
  put("period", value(row, "start") ? `${value(row, "start")} ${english ? "to" : "至"} ${until}` : "—");
  put("kind", label(row, "kind"));
  put("place", value(row, "place") || "—");
  put("subject", value(row, "subject"));
  const witness = line.querySelector("[data-of=witness]");
  put("witness", value(row, "witness") ? `${witness.dataset.word} ${value(row, "witness")}` : "");
}

const state = (fields) => [...fields.querySelectorAll("input")].map((one) => [one, one.value, one.checked]);

function edit(row, fresh = false) {
  const fields = row.querySelector("[data-experience-fields]");
  edited = { row, fields, fresh, before: state(fields), dirty: isDirty(form), wrong: isWrong(fields), kept: false };
  unsavedRow.hidden = true;
  stage.append(fields);
  openDialog(dialog);
  (firstWrong(fields) ?? fields.querySelector("input")).focus();
}

const isWrong = (fields) => fields.querySelector("[aria-invalid=true]") !== null;
const firstWrong = (fields) => fields.querySelector("input[aria-invalid=true], [aria-invalid=true] input");

/** A month as 2026-11, from however people write one (common/days.py); "" for what the server would not understand either. */
const MONTHS = [
  /^(\d{4})[-/.。年_~](\d{1,2})(?:月份?|[-/.。月_~]\d{1,2}[日号]?)?[.。]?$/,
  /^(\d{4})(\d{2})(?:\d{2})?$/,
];
function month(text) {
  const plain = text.normalize("NFKC").replace(/[\s\p{Cf}\p{Cc}]/gu, "").replace(/\p{Pd}/gu, "-");
  const [, year, number] = MONTHS.map((shape) => shape.exec(plain)).find(Boolean) ?? [];
  return year >= 1900 && number >= 1 && number <= 12 ? `${year}-${number.padStart(2, "0")}` : "";
}

/** Say beside each field of a row what is missing or wrong, in the words that the server has for it; true if all is right. */
function check(fields) {
  const words = stage.dataset;
  const say = (control, sentence) => {
    const label = control.closest(".field").querySelector("label, legend").firstChild.textContent.trim();
    showErrors(control.id, [sentence.replace("{label}", label)]);
  };
  fields.querySelectorAll(".field").forEach(untell);
  const [start, end] = ["start", "end"].map((key) => fields.querySelector(`[name$="-${key}"]`));
  for (const asked of fields.querySelectorAll("input[required]:not([type=radio]), [aria-required=true]")) {
    if (!value(fields, asked.id.split("-").at(-1))) say(asked, words.missing);
  }
  for (const one of [start, end]) {
    if (one.validity.badInput || (one.value.trim() && !month(one.value))) say(one, words.unreadable);
  }
  const [from, until] = [month(start.value), month(end.value)];
  if (from > words.month) say(start, words.later);
  if (from && until && until < from) say(end, words.backwards);
  return !isWrong(fields);
}

function add() {
  const numbers = [...list.children].map((row) => Number(row.dataset.experience));
  const number = Math.max(-1, ...numbers) + 1;
  const blank = form.querySelector("[data-experience-blank]").innerHTML.replaceAll("__row__", number);
  const holder = document.createElement("ol");
  holder.innerHTML = blank;
  edit(holder.firstElementChild, true);
}

function empty() {
  form.querySelector("[data-experiences-empty]").hidden = list.children.length > 0;
}

/** What was remarked of the periods is true of the saved rows only. */
function changed() {
  for (const remark of form.querySelectorAll(".experience-remark")) remark.remove();
  markDirty(form);
  keepSoon();
}

dialog.querySelector("[data-experience-keep]").addEventListener("click", () => {
  if (!check(edited.fields)) {
    firstWrong(edited.fields).focus();
    return;
  }
  edited.kept = true;
  closeDialog(dialog);
});
dialog.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || isComposing(event) || !event.target.matches("input")) return;
  event.preventDefault();
  dialog.querySelector("[data-experience-keep]").click();
});
// Esc, and the back gesture of a phone, take nothing typed away the first time, nor the first time after more was typed.
dialog.addEventListener("cancel", (event) => {
  const typed = edited.before.some(([one, text, checked]) => one.value !== text || one.checked !== checked);
  if (event.target !== dialog || !typed || !unsavedRow.hidden) return;
  event.preventDefault();
  unsavedRow.hidden = false;
});
dialog.addEventListener("input", () => { unsavedRow.hidden = true; });
dialog.addEventListener("close", () => {
  const { row, fields, fresh, before, dirty, wrong, kept } = edited;
  if (!kept) {
    for (const [one, text, checked] of before) {
      one.checked = checked;
      if (one.type !== "radio") one.value = text;
    }
    if (wrong) check(fields);
    else fields.querySelectorAll(".field").forEach(untell);
    if (!dirty) markClean(form);
  }
  row.append(fields);
  if (kept) {
    if (fresh) list.append(row);
    row.querySelector(":scope > .field-error")?.remove();
    changed();
  }
  draw(row);
  empty();
  keepSoon();
});

form.addEventListener("click", (event) => {
  const row = event.target.closest("[data-experience]");
  if (event.target.closest("[data-experience-add]")) {
    event.preventDefault();
    add();
  } else if (event.target.closest("[data-experience-edit]")) {
    edit(row);
  } else if (event.target.closest("[data-experience-remove]")) {
    removal.querySelector("[data-experience-named]").textContent = ["period", "place", "subject"].map((key) => row.querySelector(`[data-of=${key}]`).textContent).join("　");
    removal.dataset.row = row.dataset.experience;
    openDialog(removal);
  } else if (event.target.closest("[data-experience-removed]")) {
    list.querySelector(`[data-experience="${removal.dataset.row}"]`)?.remove();
    closeDialog(removal);
    form.querySelector("[data-experience-add]").focus(); // the row's own button is gone with it
    changed();
    empty();
  }
});
for (const row of list.children) draw(row);

// A link from the list of what is missing leads into a row's dialog.
function reveal() {
  const target = location.hash.startsWith("#experiences-") && document.getElementById(location.hash.slice(1));
  const row = target && target.closest("[data-experience]");
  if (row && !dialog.open) {
    edit(row);
    (target.matches("input") ? target : target.querySelector("input"))?.focus();
  }
}
window.addEventListener("hashchange", reveal);
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#experiences-"]');
  if (link && link.getAttribute("href") === location.hash) reveal();
});
reveal();

// --- 「工作单位」
searchEmployers(form, (pick) => {
  untell(pick);
  markDirty(form);
  keepSoon();
});

// --- saving: the page is only left once the server has everything
const PLACE = "application-place";
const EXPIRED = 419;
const login = document.querySelector("[data-login]");
let pressed = null;
let worked = ""; // the section of the last change
for (const kind of ["input", "change", "click"]) {
  form.addEventListener(kind, (event) => {
    const section = event.target.closest("dialog") ? list.closest("details") : event.target.closest("details.section");
    const acted = kind !== "click" || event.target.closest("button");
    if (section && acted) worked = section.id;
  });
}

function clearErrors() {
  for (const wrong of form.querySelectorAll("[data-from-saving]")) {
    const field = wrong.closest(".field");
    if (field) untell(field);
    wrong.remove();
  }
}

function untell(field) {
  field.classList.remove("field-wrong");
  field.querySelector(".field-error")?.remove();
  for (const control of [field, ...field.querySelectorAll("[aria-invalid]")]) control.removeAttribute("aria-invalid");
}

function showErrors(id, sentences) {
  const control = document.getElementById(id);
  const field = control?.closest(".field");
  if (!field) return;
  control.setAttribute("aria-invalid", "true");
  field.classList.add("field-wrong");
  field.querySelector(".field-error")?.remove();
  const error = document.createElement("p");
  error.className = "field-error";
  error.dataset.fromSaving = "";
  error.id = `${id}-error`;
  error.textContent = sentences.join(" ");
  field.append(error);
  const help = field.querySelector(".field-help");
  control.setAttribute("aria-describedby", help?.id ? `${error.id} ${help.id}` : error.id);
  const row = field.closest("[data-experience]");
  if (row && !row.querySelector(":scope > .field-error")) {
    const line = error.cloneNode(true);
    line.removeAttribute("id");
    row.querySelector("[data-experience-line]").after(line);
  }
}

/** What the form holds, but for its token, which may be renewed on the way. */
function contentOf(data) {
  const content = new URLSearchParams(data);
  content.delete("csrf_token");
  return content.toString();
}

const SLOW = 8_000; // ms until the bar says that saving still goes on
const PATIENCE = 90_000; // ms until it counts as failed; what has arrived all the same is no conflict when it is saved again

async function send(body) {
  const post = async () => {
    const answered = sayIfSlow(form.dataset.slow, SLOW);
    const request = new AbortController();
    const late = setTimeout(() => request.abort(), PATIENCE);
    const asked = { method: "POST", body, headers: { Accept: "application/json" }, signal: request.signal };
    const answer = await fetch(form.action, asked).catch(() => null);
    clearTimeout(late);
    answered();
    return answer;
  };
  const answer = await post();
  if (answer?.status !== EXPIRED || !(await renewToken(form))) return answer;
  body.set("csrf_token", form.elements.csrf_token.value);
  return post();
}

form.addEventListener("submit", async (event) => {
  const button = event.submitter;
  event.preventDefault();
  if (form.dataset.saving) {
    pressed = button; // done as soon as the saving under way has ended
    return;
  }
  form.dataset.saving = "yes";
  stopSending();
  button?.setAttribute("aria-busy", "true");
  const body = new FormData(form);
  const content = contentOf(body);
  if (button?.name) body.set(button.name, button.value);
  const answer = await send(body);
  const reply = await jsonOf(answer);
  delete form.dataset.saving;
  keepSoon();
  button?.removeAttribute("aria-busy");
  clearErrors();
  login.hidden = true;
  if (!reply?.location) pressed = null;
  else if (contentOf(new FormData(form)) !== content) pressed ??= button; // typed while it was on its way: saved once more
  if (reply?.location && pressed) {
    form.elements.version.value = reply.version;
    form.elements.base.value = reply.base;
    form.action = reply.action;
    const next = pressed;
    pressed = null;
    form.requestSubmit(next);
  } else if (reply?.location) {
    markClean(form);
    saved();
    if (body.get("do") === "save") sessionStorage.setItem(PLACE, JSON.stringify({ top: window.scrollY, worked }));
    window.location.assign(reply.location);
  } else if (reply?.compare) {
    checkElsewhere(reply.compare);
  } else if (reply?.failed) {
    if (reply.base) form.elements.base.value = reply.base;
    form.elements.version.value = reply.version;
    for (const [id, sentences] of Object.entries(reply.errors)) showErrors(id, sentences);
    markFailed(form, reply.failed);
    form.querySelector("[aria-invalid=true]")?.scrollIntoView({ block: "center" });
  } else {
    const expired = answer && (answer.redirected || answer.status === EXPIRED || answer.status === 404);
    markFailed(form, expired ? form.dataset.expired : answer ? form.dataset.busy : form.dataset.failed);
    login.hidden = !expired;
  }
});

// On a phone a section that is complete folds, but not the one in which somebody works.
const place = JSON.parse(sessionStorage.getItem(PLACE) ?? "null");
sessionStorage.removeItem(PLACE);
if (place && location.search.includes("saved")) {
  if (place.worked) document.getElementById(place.worked).open = true;
  window.scrollTo(0, place.top);
}
