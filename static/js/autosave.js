// Keeps what is typed into the applicant's form beside the saved application: as a draft at the server, and what could not be sent
// encrypted in this browser, with a key that only this person's pages have. Says when another window has saved meanwhile.
import { markClean } from "./unsaved.js";
import { jsonOf } from "./reply.js";
import { renewToken } from "./token.js";
import { forget, keep, kept } from "./unsent.js";

const form = document.getElementById("application");
const settings = form.querySelector("[data-draft]").dataset;
const status = document.querySelector("[data-draft-status]");
const login = document.querySelector("[data-login]");

const PAUSE = 400; // ms after the last key
const GAP = 2_000; // ms between two requests
const PATIENCE = 10_000; // ms for an answer
const LOOK = 15_000; // ms between two looks at what others have saved, and two tries to send
const EXPIRED = 419;

// --- what is typed

const base = () => JSON.parse(form.elements.base.value);

/** Each field as text; the rows of 「学习工作经历」 as a list, the one that is being edited included. */
function typed() {
  const fields = Object.fromEntries(Object.keys(base()).map((key) => [key, ""]));
  const rows = new Map();
  for (const [name, value] of new FormData(form)) {
    const [, number, cell] = /^experiences-(\d+)-(\w+)$/.exec(name) ?? [];
    if (cell) rows.set(Number(number), { ...rows.get(Number(number)), [cell]: value });
    else if (name in fields) fields[name] = value;
  }
  const inOrder = [...rows].sort(([one], [other]) => one - other).map(([, row]) => row);
  return { ...fields, experiences: inOrder.filter((row) => Object.values(row).some(Boolean)) };
}

const texts = (fields) => Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, JSON.stringify(value)]));
let sent = texts(typed());

function unsent() {
  const fields = typed();
  return Object.fromEntries(Object.entries(fields).filter(([key, value]) => JSON.stringify(value) !== sent[key]));
}

const OWN = `${form.dataset.whose} `;
const NAME = OWN + form.elements.tab.value;

// --- to the server

let sequence = Date.now();
let last = 0;
let timer = 0;
let sending = false;
let trouble = false;
let done = false; // saved: the page is being left
let request = new AbortController(); // of the draft that is on its way
let underWay = {}; // what the form itself is sending, by field

/** What is sent of these fields (Typing in drafts/saving.py). */
function typingOf(fields) {
  const began = base();
  sequence = Math.max(sequence + 1, Date.now());
  const digests = Object.fromEntries(Object.keys(fields).map((one) => [one, began[one] ?? ""]));
  return { tab: form.elements.tab.value, restored: form.elements.restored?.value ?? "", sequence, fields, base: digests };
}

async function send(typing, hiding = false) {
  const post = () => fetch(settings.draft, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": form.elements.csrf_token.value },
    body: JSON.stringify(typing),
    keepalive: hiding,
    signal: hiding ? undefined : request.signal,
  }).catch(() => null);
  request = new AbortController();
  setTimeout((late) => late.abort(), PATIENCE, request);
  const answer = await post();
  return answer?.status === EXPIRED && !hiding && (await renewToken(form)) ? post() : answer;
}

const hasEnded = (answer) => answer && (answer.redirected || [401, 404, EXPIRED].includes(answer.status));

function say(words, failed = false) {
  trouble = failed;
  status.textContent = words;
  status.classList.toggle("draft-failed", failed);
}

/** Say these words if a function that this returns is not called within some milliseconds; it takes them away again. */
export function sayIfSlow(words, milliseconds) {
  const slow = setTimeout(say, milliseconds, words);
  return () => {
    clearTimeout(slow);
    if (status.textContent === words) say("");
  };
}

/** Call after each change of the form that is no event of a field. */
export function keepSoon() {
  clearTimeout(timer);
  timer = setTimeout(step, PAUSE);
}

async function step() {
  const fields = unsent();
  if (form.dataset.saving) for (const key of Object.keys(fields)) if (JSON.stringify(fields[key]) === underWay[key]) delete fields[key];
  if (done || !Object.keys(fields).length) return;
  const typing = typingOf(fields);
  const isKept = await keep(NAME, typing, settings.key);
  if (done || !Object.keys(unsent()).length) { // all of it has arrived meanwhile
    forget(NAME);
    return;
  }
  const wait = last + GAP - Date.now();
  clearTimeout(timer);
  if (sending || wait > 0) timer = setTimeout(step, Math.max(wait, PAUSE));
  else await deliver(typing, isKept);
}

async function deliver(typing, isKept) {
  sending = true;
  last = Date.now();
  const answer = await send(typing);
  const reply = await jsonOf(answer);
  sending = false;
  if (done || (!answer && form.dataset.saving)) return;
  const ended = hasEnded(answer);
  login.hidden = !ended;
  if (answer?.ok && reply) {
    sent = { ...sent, ...texts(typing.fields) };
    if (!Object.keys(unsent()).length) forget(NAME);
    say(settings.stored.replace("{time}", reply.at));
    notice(reply);
  } else if (answer?.status === 409 && reply) {
    notice(reply);
  } else if (reply?.failed) {
    sent = { ...sent, ...texts(typing.fields) }; // what is refused as it is, is not sent again until it changes
    say(reply.failed, true);
  } else if (!isKept) {
    say(settings.unkept, true);
  } else {
    say(ended ? settings.ended : answer ? settings.busy : settings.cut, true);
  }
}

/** Send what earlier pages could not; the page then offers it. */
async function recover() {
  let arrived = false;
  for (const [name, typing] of await kept(OWN, settings.key)) {
    if (name === NAME) continue;
    const answer = await send(typing);
    if (answer?.ok && !answer.redirected) {
      await forget(name);
      arrived = true;
    }
  }
  if (arrived && !Object.keys(unsent()).length && form.dataset.unsaved !== "dirty") window.location.reload();
}

/** Call when the form itself is sent: a draft that arrives after it would be refused. What it held is sent later if saving fails. */
export function stopSending() {
  request.abort();
  underWay = texts(typed());
}

/** Call when everything is saved: nothing is kept beside it any more. */
export function saved() {
  done = true;
  clearTimeout(timer);
  forget(NAME);
}

// --- what another window or device saves meanwhile

const place = document.querySelector("[data-saved-elsewhere]");
let compared = form.elements.version.value;

async function notice(reply) {
  const version = String(reply.version);
  if (!reply.compare || version === form.elements.version.value || version === compared) return;
  const body = new FormData(form);
  body.set("do", "compare");
  const answer = await fetch(reply.compare, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
  const found = await jsonOf(answer);
  if (!found?.failed || done) return;
  compared = version;
  if (!found.changed) {
    say(found.failed, true);
    return;
  }
  place.innerHTML = found.changed;
  place.querySelector("[data-compare]").addEventListener("click", () => check(found.compare));
  const link = document.createElement("a");
  link.href = "#changed-elsewhere";
  link.textContent = settings.elsewhere;
  say("", true);
  status.append(link);
}

/** Open the page on which one chooses, with everything that is typed. */
export function check(address) {
  done = true;
  markClean(form);
  const asked = document.createElement("input");
  Object.assign(asked, { type: "hidden", name: "do", value: "compare" });
  form.append(asked);
  form.action = address;
  HTMLFormElement.prototype.submit.call(form);
}

async function look() {
  if (document.hidden || done) return;
  if (trouble || Object.keys(unsent()).length) step();
  const answer = await fetch(settings.draft, { headers: { Accept: "application/json" } }).catch(() => null);
  const reply = answer?.ok && !answer.redirected ? await jsonOf(answer) : null;
  if (reply) notice(reply);
}

document.addEventListener("input", (event) => event.target.form === form && keepSoon());
document.addEventListener("change", (event) => event.target.form === form && keepSoon());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) look();
  else if (!done && Object.keys(unsent()).length) send(typingOf(unsent()), true);
});
window.addEventListener("pagehide", () => !done && Object.keys(unsent()).length && send(typingOf(unsent()), true));
window.addEventListener("focus", look);
window.addEventListener("online", () => { look(); recover(); });
setInterval(look, LOOK);
recover();
