// What was typed and could not be sent, encrypted, in this browser's IndexedDB. Not in localStorage: Chromium writes that to the disk only
// after seconds, and a browser that is killed loses it. The key comes with the pages of the person who typed it.
// Without https there is no encryption, and nothing is kept.

const LIFETIME = 30 * 86_400_000; // ms, as at the server (drafts/saving.py)
const STORE = "unsent";
let opened = null;

function open() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open("drafts", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function within(mode, act) {
  opened ??= open();
  const transaction = (await opened).transaction(STORE, mode, { durability: "strict" });
  const asked = act(transaction.objectStore(STORE));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(asked.result);
    transaction.onabort = () => reject(transaction.error);
  });
}

function cipherKey(hex) {
  const bytes = Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** Keep what was typed on a page under its name, in place of what was kept before. Returns whether it is kept. */
export async function keep(name, typing, key) {
  try {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const text = new TextEncoder().encode(JSON.stringify(typing));
    const content = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await cipherKey(key), text);
    await within("readwrite", (store) => store.put({ at: Date.now(), iv, content }, name));
    return true;
  } catch {
    return false;
  }
}

export async function forget(name) {
  await within("readwrite", (store) => store.delete(name)).catch(() => {});
}

/** Return what is kept under names with this beginning, as pairs of name and content. Deletes what is too old, whoever typed it. */
export async function kept(beginning, key) {
  const found = [];
  try {
    for (const name of await within("readonly", (store) => store.getAllKeys())) {
      const { at, iv, content } = await within("readonly", (store) => store.get(name));
      if (Date.now() - at > LIFETIME) await forget(name);
      else if (name.startsWith(beginning)) {
        const text = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, await cipherKey(key), content);
        found.push([name, JSON.parse(new TextDecoder().decode(text))]);
      }
    }
  } catch { /* a browser that keeps nothing, or a key that has been changed since */ }
  return found;
}
