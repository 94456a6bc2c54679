// Shows the code point beside characters that many fonts lack, as the server does (admin_views/site/code_points.py).

const RARE = /[\u{e000}-\u{f8ff}\u{9feb}-\u{9fff}\u{20000}-\u{3ffff}\u{f0000}-\u{10ffff}]/gu;

/** Returns the nodes that show the text with its code points. */
export function withCodePoints(text) {
  const nodes = [];
  let end = 0;
  for (const { 0: character, index } of text.matchAll(RARE)) {
    const code = document.createElement("span");
    code.className = "code-point";
    code.textContent = `U+${character.codePointAt(0).toString(16).toUpperCase()}`;
    nodes.push(text.slice(end, index + character.length), code);
    end = index + character.length;
  }
  return [...nodes, text.slice(end)];
}
