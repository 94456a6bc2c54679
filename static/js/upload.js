// 「上传附件」: files are chosen, dropped or photographed into their slot, sent one by one with a bar each, and can be
// cancelled, tried again, taken away. The server looks at everything once more; here only what saves a wait is checked.

import { closeDialog, openDialog } from "./dialog.js";
import { adviceFor } from "./formats.js";
import { renewToken } from "./token.js";

const LARGEST = 20 * 1024 * 1024;
const form = document.querySelector("form[data-upload]");
const words = form.dataset;
const EXPIRED = 419;
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
  name.textContent = file.name;
  const note = document.createElement("span");
  note.className = "small muted num";
  const bar = document.createElement("progress");
  bar.max = 100;
  bar.value = 0;
  bar.hidden = true;
  bar.setAttribute("aria-label", file.name);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-quiet button-small";
  const error = document.createElement("p");
  error.className = "field-error";
  error.setAttribute("role", "alert");
  error.hidden = true;
  row.append(name, note, button, bar, error);
  slot.querySelector("[data-slot-waiting]").append(row);
  const one = { file, slot, field: slot.querySelector("[data-slot-input][name]").name, row, note, bar, button, error, request: null, state: "looked at", looked: null };
  waiting.set(row, one);
  button.addEventListener("click", () => press(one));
  ready(one);
  one.state = "looked at";
  one.looked = fault(file).then((wrong) => {
    if (wrong) fail(one, wrong, false);
    else one.state = "ready";
  });
}

function ready(one) {
  one.state = "ready";
  one.note.textContent = `${size(one.file.size)}${comma}${words.wordReady}`;
  one.button.textContent = words.wordRemove;
  one.button.setAttribute("aria-label", `${words.wordRemove} ${one.file.name}`);
  one.error.hidden = true;
  one.bar.hidden = true;
}

function fail(one, sentence, again) {
  one.state = again ? "failed" : "refused";
  one.bar.hidden = true;
  one.note.textContent = size(one.file.size);
  one.error.textContent = sentence;
  one.error.hidden = false;
  one.button.textContent = again ? words.wordRetry : words.wordRemove;
  one.button.setAttribute("aria-label", `${one.button.textContent} ${one.file.name}`);
}

function press(one) {
  if (one.state === "sending") one.request.abort();
  else if (one.state === "failed") again(one);
  else {
    drop(one);
    if (!busy) report();
  }
}

async function again(one) {
  await send(one);
  await settle();
}

function drop(one) {
  waiting.delete(one.row);
  one.row.remove();
}

async function send(one) {
  if ((await post(one)) !== EXPIRED) return;
  if (await renewToken(form)) await post(one);
  login.hidden = one.state === "done";
}

/** Resolves with the status that the server answered, once the line says how it went. */
function post(one) {
  return new Promise((resolve) => {
    const body = new FormData();
    body.set("csrf_token", form.querySelector("[name=csrf_token]").value);
    body.set(one.field, one.file, one.file.name);
    const request = new XMLHttpRequest();
    const begun = performance.now();
    one.request = request;
    one.state = "sending";
    one.error.hidden = true;
    one.bar.hidden = false;
    one.bar.value = 0;
    one.button.textContent = words.wordCancel;
    one.button.setAttribute("aria-label", `${words.wordCancel} ${one.file.name}`);
    request.upload.addEventListener("progress", (event) => {
      const part = event.loaded / event.total;
      const speed = event.loaded / Math.max(0.2, (performance.now() - begun) / 1000);
      one.bar.value = Math.round(part * 100);
      one.note.textContent = part < 1 ? `${Math.round(part * 100)}%，${size(event.loaded)} / ${size(event.total)}，${size(speed)}/s` : words.wordChecking;
    });
    request.addEventListener("load", () => {
      const told = request.responseType === "json" ? request.response : null;
      if (request.status === 200 && told?.files) {
        one.state = "done";
        one.bar.hidden = true;
        one.note.textContent = words.wordDone;
        one.button.hidden = true;
      } else if (told?.errors) {
        fail(one, told.errors.join(" "), false);
      } else if (request.status === 413) {
        fail(one, words.wordBig, false);
      } else {
        fail(one, request.status === 200 || request.status === EXPIRED ? words.wordExpired : words.wordBroken, true);
      }
      resolve(request.status);
    });
    request.addEventListener("error", () => { fail(one, words.wordBroken, true); resolve(0); });
    request.addEventListener("abort", () => { ready(one); one.note.textContent = size(one.file.size); resolve(0); });
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.send(body);
  });
}

const those = (...states) => [...waiting.values()].filter((one) => states.includes(one.state));

/** Show what has been uploaded as the server has it now; what was refused or is still to be sent keeps its line. */
async function settle() {
  const answer = those("done").length ? await fetch(window.location.pathname).catch(() => null) : null;
  const page = answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
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
  else status.textContent = refused ? words.wordRefused.replace("{n}", refused) : standing;
}

function renew(slot, fresh) {
  for (const old of slot.querySelectorAll(".slot-file")) old.remove();
  slot.querySelector("[data-slot-waiting]").before(...fresh.querySelectorAll(".slot-file"));
  for (const part of [".slot-head", ".slot-drop > label > span"]) slot.querySelector(part).innerHTML = fresh.querySelector(part).innerHTML;
  slot.classList.toggle("slot-full", fresh.classList.contains("slot-full"));
}

async function start() {
  await Promise.all([...waiting.values()].map((one) => one.looked));
  const tried = new Set();
  const next = () => those("ready", "failed").find((one) => !tried.has(one));
  if (!next()) {
    status.textContent = words.wordNone;
    return;
  }
  busy = true;
  for (let one = next(); one; one = next()) {
    tried.add(one);
    status.textContent = words.wordSending.replace("{n}", tried.size).replace("{m}", tried.size + those("ready", "failed").filter((other) => !tried.has(other)).length);
    await send(one);
  }
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
