// Light Markdown to DOM nodes. Only text nodes are made of text, so nothing in an answer can become a link or markup.
export function render(text, citation) {
  const fragment = document.createDocumentFragment();
  for (const block of text.split(/\n{2,}/).filter((part) => part.trim())) fragment.append(blockOf(block, citation));
  return fragment;
}

function blockOf(block, citation) {
  const lines = block.split("\n");
  if (lines.every((line) => line.startsWith(">"))) {
    const quote = document.createElement("blockquote");
    quote.append(render(lines.map((line) => line.replace(/^> ?/, "")).join("\n"), citation));
    return quote;
  }
  if (block.startsWith("```")) {
    const pre = document.createElement("pre");
    pre.textContent = lines.slice(1).join("\n").replace(/\n?```/, "");
    return pre;
  }
  const bullet = /^\s*[-*] /, number = /^\s*\d+[.、] /;
  for (const [tag, mark] of [["ul", bullet], ["ol", number]]) {
    if (lines.every((line) => mark.test(line))) {
      const list = document.createElement(tag);
      for (const line of lines) list.append(withInline(document.createElement("li"), line.replace(mark, ""), citation));
      return list;
    }
  }
  const paragraph = document.createElement("p");
  lines.forEach((line, at) => {
    if (at) paragraph.append(document.createElement("br"));
    withInline(paragraph, line, citation);
  });
  return paragraph;
}

function withInline(parent, text, citation) {
  for (const part of text.split(/(\[\d{1,2}\]|`[^`]+`|\*\*[^*]+\*\*)/)) {
    const cited = /^\[(\d+)\]$/.exec(part);
    const node = cited && citation(Number(cited[1]));
    if (node) parent.append(node);
    else if (/^`.+`$/.test(part)) parent.append(element("code", part.slice(1, -1)));
    else if (/^\*\*.+\*\*$/.test(part)) parent.append(element("strong", part.slice(2, -2)));
    else parent.append(part);
  }
  return parent;
}

export function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}
