// 「上传附件」: files are chosen, dropped or photographed into their slot, sent two at a time with a bar each, and can be cancelled,
// tried again, made smaller, taken away. The server looks at everything once more; here only what saves a wait is checked.

import { closeDialog, openDialog } from "./dialog.js";
import { adviceFor } from "./formats.js";
import { renewToken } from "./token.js";
import { canShrink, shrunk } from "./upload-shrink.js";
import { fingerprint, transfer } from "./upload-transfer.js";

const LARGEST = 20 * 1024 * 1024;
const form = document.querySelector("form[data-upload]");
const words = form.dataset;
const AT_ONCE = 2;
const status = document.querySelector("[data-upload-status]");
const login = document.querySelector("[data-login]");
const waiting = new Map(); // the row of a file -> what is known of it
let standing = status.textContent; // what the server has so far
let busy = false;

const comma = document.documentElement.lang === "en" ? ", " : "，";

function size(bytes) {
  if (bytes < 1024) return `${Math.round(bytes)} B`;
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

async function fault(file) {
  if (file.size === 0) return words.wordEmpty;
  const advice = await adviceFor(file, words);
  return advice || (file.size > LARGEST ? words.wordBig : "");
}

function line(slot, file) {
  const row = document.createElement("li");
  const name = document.createElement("strong");
  const note = document.createElement("span");
  note.className = "small muted num";
  const bar = document.createElement("progress");
  bar.max = 100;
  bar.value = 0;
  const button = small();
  const shrink = small();
  shrink.textContent = words.wordShrink;
  const actions = document.createElement("span");
  actions.className = "slot-actions";
  actions.append(shrink, button);
  const error = document.createElement("p");
  error.className = "field-error";
  error.setAttribute("role", "alert");
  row.append(name, note, actions, bar, error);
  slot.querySelector("[data-slot-waiting]").append(row);
  const one = { file, slot, field: slot.querySelector("[data-slot-input][name]").name, row, name, note, bar, button, shrink, error, state: "looked at", looked: null, transfer: null, before: "", broken: false };
  waiting.set(row, one);
  button.addEventListener("click", () => press(one));
  shrink.addEventListener("click", () => makeSmaller(one));
  prepare(one, file);
}

function small() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-quiet button-small";
  return button;
}

/** A file is as it was chosen, or as it was made smaller: look at it. */
function prepare(one, file) {
  one.file = file;
  one.transfer = null;
  one.name.textContent = file.name;
  one.bar.setAttribute("aria-label", file.name);
  ready(one);
  one.state = "looked at";
  one.looked = fault(file).then((wrong) => {
    if (wrong === words.wordBig && canShrink(file)) offer(one);
    else if (wrong) fail(one, wrong, false);
    else one.state = "ready";
  });
}

function ready(one) {
  one.state = "ready";
  one.note.textContent = `${one.before || size(one.file.size)}${comma}${words.wordReady}`;
  label(one, words.wordRemove);
  one.shrink.hidden = true;
  one.error.hidden = true;
  one.bar.hidden = true;
}

function label(one, word) {
  one.button.hidden = false;
  one.button.textContent = word;
  one.button.setAttribute("aria-label", `${word} ${one.file.name}`);
}

function fail(one, sentence, again) {
  one.state = again ? "failed" : "refused";
  one.bar.hidden = true;
  one.note.textContent = size(one.file.size);
  one.error.textContent = sentence;
  one.error.hidden = false;
  one.shrink.hidden = true;
  label(one, again ? words.wordRetry : words.wordRemove);
}

/** A picture over the limit: nothing is done to it before its owner says so. */
function offer(one) {
  fail(one, words.wordShrinkable, false);
  one.shrink.hidden = false;
  one.shrink.setAttribute("aria-label", `${words.wordShrink} ${one.file.name}`);
}

async function makeSmaller(one) {
  const before = one.file.size;
  one.shrink.hidden = true;
  one.button.hidden = true;
  one.error.hidden = true;
  one.note.textContent = words.wordShrinking;
  const made = await shrunk(one.file).catch(() => null);
  if (made) {
    one.before = words.wordShrunk.replace("{before}", size(before)).replace("{after}", size(made.size));
    prepare(one, made);
    await one.looked;
  } else {
    fail(one, words.wordUnshrinkable, false);
  }
  one.button.focus();
  if (!busy) report();
}

function press(one) {
  if (one.state === "sending") one.transfer.cancel();
  else if (one.state === "failed") again(one);
  else {
    drop(one);
    if (!busy) report();
  }
}

async function again(one) {
  await send(one);
  if (!busy) await settle();
}

function drop(one) {
  waiting.delete(one.row);
  one.row.remove();
}

/** Resolves once the line says how it went. */
async function send(one) {
  one.state = "sending";
  let ended = null;
  one.ended = new Promise((resolve) => { ended = resolve; });
  one.error.hidden = true;
  one.bar.hidden = false;
  one.bar.value = 0;
  one.button.hidden = true;
  one.transfer ??= await prepared(one);
  let outcome = await sent(one);
  if (outcome.kind === "expired" && (await renewToken(form))) outcome = await sent(one);
  show(one, outcome);
  ended();
}

function sent(one) {
  label(one, words.wordCancel);
  return one.transfer.send();
}

/** The transfer of a file: of one that broke off before, the rest. */
async function prepared(one) {
  const { file, slot } = one;
  const sha256 = await fingerprint(file);
  const before = [...slot.querySelectorAll("[data-unfinished]")].find(
    (part) => sha256 && part.dataset.sha256 === sha256 && Number(part.dataset.size) === file.size,
  );
  let from = null; // when and where this run began
  return transfer(file, {
    endpoint: form.dataset.uploads,
    material: one.field.split("-").pop(),
    sha256,
    resume: before?.dataset.unfinished ?? null,
    turn: () => Promise.all(earlier(one).map((other) => other.ended)),
    token: () => form.querySelector("[name=csrf_token]").value,
    progress: (done, total) => {
      if (done) one.error.hidden = true;
      if (before) before.hidden = true;
      from ??= { at: performance.now(), done };
      const speed = (done - from.done) / Math.max(0.2, (performance.now() - from.at) / 1000);
      one.bar.value = Math.round((done / total) * 100);
      one.note.textContent = `${one.bar.value}%${comma}${size(done)} / ${size(total)}${comma}${size(speed)}/s`;
    },
    paused: (percent, sentences) => {
      from = null;
      one.bar.value = percent; // what has arrived: less than what had been sent
      one.error.textContent = sentences?.join(" ") ?? ""; // the server's reason; without one it is the network
      one.error.hidden = !sentences;
      one.note.textContent = sentences ? `${percent}%` : words.wordWaitingLine.replace("{percent}", `${percent}%`);
    },
    checking: () => {
      one.error.hidden = true;
      one.bar.value = 100;
      one.button.hidden = true;
      one.note.textContent = words.wordChecking;
    },
  });
}

/** Those on their way to the same slot that were chosen before: the pages of a contract stay in their order. */
function earlier(one) {
  const sending = those("sending").filter((other) => other.slot === one.slot);
  return sending.slice(0, sending.indexOf(one));
}

function show(one, outcome) {
  one.broken = outcome.kind === "broken";
  login.hidden = outcome.kind !== "expired";
  if (outcome.kind === "done") {
    one.state = "done";
    one.bar.hidden = true;
    one.note.textContent = words.wordDone;
    one.button.hidden = true;
  } else if (outcome.kind === "cancelled") {
    one.transfer = null;
    ready(one);
    one.note.textContent = size(one.file.size);
  } else if (outcome.kind === "expired") {
    fail(one, words.wordExpired, true);
  } else if (outcome.kind === "broken") {
    fail(one, words.wordBroken.replace("{percent}", `${outcome.percent}%`), true);
  } else {
    fail(one, outcome.sentences.join(" "), outcome.kind === "full");
  }
}

window.addEventListener("online", () => {
  for (const one of those("sending")) one.transfer?.wake();
  for (const one of those("failed")) if (one.broken) again(one);
});

const those = (...states) => [...waiting.values()].filter((one) => states.includes(one.state));

/** Show what has been uploaded as the server has it now; what was refused or is still to be sent keeps its line. */
async function settle() {
  const answer = those("done").length ? await fetch(window.location.pathname).catch(() => null) : null;
  const page = answer?.ok ? new DOMParser().parseFromString(await answer.text().catch(() => ""), "text/html") : null;
  if (page?.querySelector("form[data-upload]")) {
    for (const fresh of page.querySelectorAll("[data-slot]")) renew(document.getElementById(fresh.id), fresh);
    for (const old of document.querySelectorAll("form[data-remove]")) old.remove();
    form.after(...page.querySelectorAll("form[data-remove]"));
    standing = page.querySelector("[data-upload-status]").textContent;
    for (const one of those("done")) drop(one);
  }
  report();
}

/** Say at the foot what the server has, or how many files it still has not. */
function report() {
  const left = those("ready", "failed").length;
  const refused = those("refused").length;
  if (left) status.textContent = words.wordLeft.replace("{n}", left + refused);
  else if (refused) status.textContent = (those("refused").every((one) => !one.shrink.hidden) ? words.wordOffered : words.wordRefused).replace("{n}", refused);
  else status.textContent = standing;
}

function renew(slot, fresh) {
  for (const old of slot.querySelectorAll(".slot-file, [data-unfinished]")) old.remove();
  slot.querySelector("[data-slot-waiting]").before(...fresh.querySelectorAll(".slot-file, [data-unfinished]"));
  const here = [...waiting.values()].map((one) => one.transfer?.url()).filter(Boolean).map((url) => new URL(url, location.href).pathname);
  for (const part of slot.querySelectorAll("[data-unfinished]")) part.hidden = here.includes(part.dataset.unfinished);
  for (const part of [".slot-head", ".slot-drop > label > span"]) slot.querySelector(part).innerHTML = fresh.querySelector(part).innerHTML;
  slot.classList.toggle("slot-full", fresh.classList.contains("slot-full"));
}

async function start() {
  await Promise.all([...waiting.values()].map((one) => one.looked));
  const tried = new Set();
  const left = () => those("ready", "failed").filter((one) => !tried.has(one));
  if (!left().length) {
    status.textContent = words.wordNone;
    return;
  }
  const showCount = () => {
    const present = [...tried].filter((one) => one.state === "sending").length;
    const all = tried.size + left().length;
    status.textContent = words.wordSending.replace("{n}", Math.min(tried.size - present + 1, all)).replace("{m}", all);
  };
  const lane = async () => {
    for (let [one] = left(); one; [one] = left()) {
      tried.add(one);
      const sending = send(one);
      showCount();
      await sending;
      showCount();
    }
  };
  busy = true;
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  busy = false;
  await settle();
}

/** What is chosen anew stands in for what was refused there before. */
async function take(slot, files) {
  if (!files.length) return;
  slot.querySelector("[data-slot-error]").hidden = true;
  slot.classList.remove("slot-wrong");
  for (const one of those("refused")) if (one.slot === slot) drop(one);
  const chosen = [...files]; // the input is emptied meanwhile
  for (const file of chosen) line(slot, file);
  await Promise.all([...waiting.values()].map((one) => one.looked));
  if (!busy) report();
}

function takeFrom(input) {
  take(input.closest("[data-slot]"), input.files);
  input.value = "";
}

form.addEventListener("change", (event) => {
  const input = event.target.closest("[data-slot-input]");
  if (input) takeFrom(input);
});
// On a slow connection a file is chosen before this script has come.
for (const input of form.querySelectorAll("[data-slot-input]")) if (input.files.length) takeFrom(input);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!busy) start();
});
document.querySelector("[data-upload-confirm]").addEventListener("click", (event) => {
  const left = [...waiting.values()].some((one) => ["looked at", "ready", "sending"].includes(one.state));
  if (!left) return;
  event.preventDefault();
  status.textContent = words.wordWaiting;
});
for (const kind of ["dragover", "dragleave", "drop"]) {
  form.addEventListener(kind, (event) => {
    const slot = event.target.closest("[data-slot]");
    if (!slot) return;
    event.preventDefault();
    slot.classList.toggle("slot-over", kind === "dragover");
    if (kind === "drop") take(slot, event.dataTransfer.files);
  });
}

// --- 「删除」 asks first
const removal = document.getElementById("file-remove");
let leaving = null;
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[form^=remove-]");
  if (button) {
    event.preventDefault();
    leaving = button;
    removal.querySelector("[data-file-named]").textContent = button.closest(".slot-file").querySelector("strong").textContent;
    openDialog(removal, button);
  } else if (event.target.closest("[data-file-removed]")) {
    closeDialog(removal);
    leaving.form.requestSubmit();
  }
});

window.addEventListener("beforeunload", (event) => {
  const unsent = [...waiting.values()].some((one) => ["looked at", "ready", "sending", "failed"].includes(one.state));
  if (unsent) event.preventDefault();
});
