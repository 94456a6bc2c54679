// Recognises a file by its first bytes and its name, with the table that the server uses (uploads/kinds.py).

const HEAD = 512; // bytes; the signature with the largest offset, a tar's, ends before
const rows = JSON.parse(document.querySelector("[data-formats]").dataset.formats).map((row) => ({
  ...row,
  signatures: row.signatures.map(([place, hex]) => [place, hex.match(/../g).map((pair) => parseInt(pair, 16))]),
}));

/** Returns the extension of a name in lower case: ．ＪＰＧ is jpg. "" when it has none, or when the name ends in a number. */
function extensionOf(name) {
  const found = /[.．。｡﹒]\s?([A-Za-z0-9Ａ-Ｚａ-ｚ０-９]{1,12})$/.exec(name);
  const extension = found ? found[1].normalize("NFKC").toLowerCase() : "";
  return /^\d+$/.test(extension) && !rows.some((row) => row.extensions.includes(extension)) ? "" : extension;
}

function contentOf(head) {
  return rows.find((row) => row.signatures.some(([place, signature]) => signature.every((byte, index) => head[place + index] === byte)));
}

/** Returns the sentence for a file that the server would refuse, "" for an acceptable one. `words` are the page's texts. */
export async function adviceFor(file, words) {
  const head = await file.slice(0, HEAD).arrayBuffer().then((buffer) => new Uint8Array(buffer), () => new Uint8Array());
  const extension = extensionOf(file.name);
  const announced = rows.find((row) => row.extensions.includes(extension));
  const content = contentOf(head);
  if (content?.taken) {
    if (!extension || announced === content) return "";
    return words.wordRename.replace("{kind}", content.name).replace("{right}", content.extensions[0]);
  }
  // The signature of a container is not enough; only the server can check the content of Office files and text.
  const refused = announced && !announced.taken && (!content || content.container) ? announced : content;
  if (refused) return words.wordKnown.replace("{kind}", refused.name).replace("{advice}", refused.advice);
  return announced || !extension ? "" : words.wordKind;
}
