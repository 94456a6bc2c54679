// 「上传附件」: files are chosen, dropped or photographed into their slot, sent one by one with a bar each, and can be
// cancelled, tried again, taken away. The server looks at everything once more; here only what saves a wait is checked.

const LARGEST = 20 * 1024 * 1024;
const form = document.querySelector("form[data-upload]");
const words = form.dataset;
const status = document.querySelector("[data-upload-status]");
const waiting = new Map(); // the row of a file -> what is known of it
let busy = false;

const size = (bytes) => (bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`);

function fault(file, accept) {
  if (file.size === 0) return words.wordEmpty;
  if (file.size > LARGEST) return words.wordBig;
  const extension = `.${file.name.split(".").pop().toLowerCase()}`;
  return accept.split(",").includes(extension) ? "" : words.wordKind;
}

function line(slot, file, camera) {
  const row = document.createElement("li");
  row.className = "slot-upload";
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
  const accept = slot.querySelector("[data-slot-input]").accept;
  const one = { file, field: slot.querySelector("[data-slot-input][name]").name, row, note, bar, button, error, request: null, state: "ready" };
  waiting.set(row, one);
  button.addEventListener("click", () => press(one));
  const wrong = camera && !file.name.includes(".") ? "" : fault(file, accept);
  if (wrong) fail(one, wrong, false);
  else ready(one);
}

function ready(one) {
  one.state = "ready";
  one.note.textContent = `${size(one.file.size)}，${words.wordReady}`;
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
  else if (one.state === "failed") send(one).then(settle);
  else drop(one);
}

function drop(one) {
  waiting.delete(one.row);
  one.row.remove();
}

function send(one) {
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
        fail(one, request.status === 200 || request.status === 419 ? words.wordExpired : words.wordBroken, true);
      }
      resolve();
    });
    request.addEventListener("error", () => { fail(one, words.wordBroken, true); resolve(); });
    request.addEventListener("abort", () => { ready(one); one.note.textContent = size(one.file.size); resolve(); });
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.send(body);
  });
}

function settle() {
  const left = [...waiting.values()].filter((one) => one.state !== "done");
  if (waiting.size && !left.length) window.location.reload();
}

async function start() {
  const queue = [...waiting.values()].filter((one) => one.state === "ready" || one.state === "failed");
  if (!queue.length) {
    status.textContent = words.wordNone;
    return;
  }
  busy = true;
  for (const one of queue) if (waiting.has(one.row)) await send(one);
  busy = false;
  settle();
}

function take(slot, files, camera = false) {
  slot.querySelector("[data-slot-error]").hidden = true;
  for (const file of files) line(slot, file, camera);
}

function takeFrom(input) {
  take(input.closest("[data-slot]"), input.files, input.hasAttribute("capture"));
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
  const left = [...waiting.values()].some((one) => one.state === "ready" || one.state === "sending");
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
window.addEventListener("beforeunload", (event) => {
  const unsent = [...waiting.values()].some((one) => ["ready", "sending", "failed"].includes(one.state));
  if (unsent) event.preventDefault();
});
