// Sends one file in parts by tus, so that it goes on where it broke off: after a pause, when the browser is online again, after
// 「重试」, after a reload. When all parts are there the server is asked to inspect and attach it.

import "../vendor/tus.min.js";

const { Upload } = window.tus;
const PART = 1024 * 1024;
const DELAYS = [1000, 2000, 4000, 8000, 15000, 30000, 30000, 30000]; // ms; from the start again once a part has arrived
const STALLED = 60000; // ms without any progress: a telephone that changes its network is told nothing of it
const FORM_EXPIRED = 419;
const STORAGE_FULL = 507;

/** The SHA-256 of a file, by which the server's page knows it again; "" where the browser cannot compute it (no https). */
export async function fingerprint(file) {
  try {
    const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  } catch {
    return "";
  }
}

/**
 * `page`: endpoint, material, sha256, resume (the address of an upload that broke off, or null), token() (the form's),
 * progress(sent, total), paused(percent, sentences or null), checking(), turn(): resolves when those before it in its slot have been attached.
 * send() resolves with {kind}: done, cancelled, expired, broken, or refused and full with their sentences.
 */
export function transfer(file, page) {
  let resolve = null;
  let arrived = 0;
  let waiting = false;
  let stall = 0;
  let wakeFinish = null;

  const percent = () => Math.floor((arrived * 100) / file.size);
  const end = (outcome) => {
    clearTimeout(stall);
    waiting = false;
    resolve?.(outcome);
    resolve = null;
  };
  const restart = () => upload.abort().then(() => resolve && upload.start());
  const watch = () => {
    clearTimeout(stall);
    stall = setTimeout(restart, STALLED);
  };

  const upload = new Upload(file, {
    endpoint: page.endpoint,
    uploadUrl: page.resume,
    chunkSize: PART,
    retryDelays: DELAYS,
    overridePatchMethod: true, // firewalls of offices often let no PATCH through
    storeFingerprintForResuming: false, // the server's page says what broke off, also to another browser
    metadata: { filename: file.name, material: page.material, sha256: page.sha256 },
    onBeforeRequest: (request) => request.setHeader("X-CSRFToken", page.token()),
    onShouldRetry: (error) => {
      const status = error.originalResponse?.getStatus() ?? 0;
      waiting = status === 0 || status === 409 || status === 423 || status === 429 || (status >= 500 && status !== STORAGE_FULL);
      if (waiting) page.paused(percent(), sentencesOf(error.originalResponse?.getBody()));
      clearTimeout(stall);
      return waiting;
    },
    onChunkComplete: (_size, accepted) => { arrived = accepted; },
    onProgress: (sent, total) => {
      waiting = false;
      watch();
      page.progress(sent, total);
    },
    onError: (error) => end(outcomeOf(error.originalResponse)),
    onSuccess: () => finish().then(end),
  });

  function outcomeOf(response) {
    const status = response?.getStatus() ?? 0;
    if (status === FORM_EXPIRED || status === 200) return { kind: "expired" }; // 200: the login page, where the offset was asked for
    const sentences = sentencesOf(response?.getBody());
    if (sentences) return { kind: status === STORAGE_FULL ? "full" : "refused", sentences };
    return { kind: "broken", percent: percent() };
  }

  async function finish() {
    clearTimeout(stall);
    page.checking();
    await page.turn();
    let reason = null;
    for (const delay of [0, ...DELAYS]) {
      if (delay) {
        page.paused(100, reason);
        await new Promise((wake) => { wakeFinish = wake; setTimeout(wake, delay); });
        page.checking();
      }
      const answer = await fetch(`${upload.url}finish/`, { method: "POST", headers: { "X-CSRFToken": page.token() } }).catch(() => null);
      if (!answer || (answer.status >= 500 && answer.status !== STORAGE_FULL)) {
        reason = sentencesOf(await answer?.text().catch(() => null));
        continue;
      }
      if (answer.status === FORM_EXPIRED || answer.redirected) return { kind: "expired" };
      const body = await answer.text().catch(() => "");
      if (answer.ok) return { kind: "done" };
      const sentences = sentencesOf(body);
      if (!sentences || answer.status === 409) return { kind: "broken", percent: 100 };
      upload.abort(true).catch(() => null);
      return { kind: "refused", sentences };
    }
    return { kind: "broken", percent: 100 };
  }

  return {
    url: () => upload.url ?? page.resume,
    send() {
      return new Promise((given) => {
        resolve = given;
        watch();
        upload.start();
      });
    },
    cancel() {
      end({ kind: "cancelled" });
      upload.abort(true).catch(() => null);
    },
    /** The browser is online again: no need to wait any longer. */
    wake() {
      wakeFinish?.();
      if (waiting) restart();
    },
  };
}

function sentencesOf(body) {
  try {
    return JSON.parse(body).errors ?? null;
  } catch {
    return null;
  }
}
