// Light Markdown to DOM nodes: paragraphs, lists, quotes, code, bold, citations. No links, no images.
import { element } from "./element.js";

const FENCE = /^\s*```/;
const MARKS = { quote: /^\s*>(?: |$)/, bullets: /^\s*[-*] +/, numbers: /^\s*\d{1,3}(?:[.)] +|、)/, text: /^/ };
const shownBlocks = new WeakMap();

/** Show `text` in `parent`. Blocks that did not change stay, so a citation keeps the focus while more text arrives. */
export function show(parent, text, citation) {
  const blocks = blocksOf(text);
  const shown = shownBlocks.get(parent) ?? [];
  shownBlocks.set(parent, blocks.map((block) => JSON.stringify(block)));
  blocks.forEach((block, at) => {
    if (JSON.stringify(block) === shown[at]) return;
    const node = nodeOf(block, citation);
    parent.children[at] ? parent.children[at].replaceWith(node) : parent.append(node);
  });
  while (parent.children.length > blocks.length) parent.lastElementChild.remove();
}

function blocksOf(text) {
  const blocks = [];
  let open = null;
  const begin = (kind, line = "") => blocks.push((open = { kind, mark: line, lines: [] }));
  for (const line of text.split("\n")) {
    if (open?.kind === "code") {
      if (FENCE.test(line)) open = null;
      else open.lines.push(line);
    } else if (FENCE.test(line)) begin("code");
    else if (!line.trim()) open = null;
    else if (open?.kind in { bullets: 1, numbers: 1 } && /^\s/.test(line) && kindOf(line) === "text") {
      open.lines[open.lines.length - 1] += `\n${line.trim()}`;
    } else {
      const kind = kindOf(line);
      if (open?.kind !== kind) begin(kind, line.trim());
      open.lines.push(line.replace(MARKS[kind], ""));
    }
  }
  return blocks;
}

function kindOf(line) {
  return Object.keys(MARKS).find((kind) => MARKS[kind].test(line));
}

function nodeOf({ kind, mark, lines }, citation) {
  if (kind === "code") return element("pre", "", element("code", "", lines.join("\n")));
  if (kind === "quote") {
    const quote = element("blockquote");
    show(quote, lines.join("\n"), citation);
    return quote;
  }
  if (kind === "text") return withInline(element("p"), lines.join("\n"), citation);
  const list = element(kind === "numbers" ? "ol" : "ul", "", ...lines.map((line) => withInline(element("li"), line, citation)));
  if (kind === "numbers") list.start = parseInt(mark, 10);
  return list;
}

function withInline(parent, text, citation) {
  for (const part of text.split(/(\[\d{1,2}\]|`[^`\n]+`|\*\*[^*\n]+\*\*)/)) {
    const cited = /^\[(\d+)\]$/.exec(part);
    if (cited) parent.append(citation(Number(cited[1])) ?? part);
    else if (/^`.+`$/.test(part)) parent.append(element("code", "", part.slice(1, -1)));
    else if (/^\*\*.+\*\*$/.test(part)) parent.append(withInline(element("strong"), part.slice(2, -2), citation));
    else parent.append(part);
  }
  return parent;
}
