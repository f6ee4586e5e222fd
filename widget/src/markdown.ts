// Markdown to nodes, as it grows. Blocks that are whole are made once; only the end of the text is made anew.
import DOMPurify from "dompurify";
import { Marked, type Token, type TokenizerAndRendererExtension, type Tokens } from "marked";

/** The button of [n], or null where there is no source n. */
export type Cite = (n: number) => HTMLElement | null;
export type TexToMathML = (tex: string, display: boolean) => string;

const TAGS = ["p", "ul", "ol", "li", "blockquote", "pre", "code", "strong", "em", "del", "h4", "h5", "h6", "br", "hr", "span",
  "table", "thead", "tbody", "tr", "th", "td"];
const escaped = (text: string) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

const formula = (name: string, level: "block" | "inline", pattern: RegExp, start: RegExp, display: boolean): TokenizerAndRendererExtension => ({
  name,
  level,
  start: (text) => { const at = text.search(start); return at < 0 ? undefined : at; },
  tokenizer(text) {
    const found = pattern.exec(text);
    return found ? { type: name, raw: found[0], tex: (found[1] ?? found[2] ?? "").trim() } : undefined;
  },
  renderer: (token) => `<span data-tex="${escaped(String(token.tex))}" data-display="${display}">${escaped(token.raw.trim())}</span>`,
});

// [n] as the service writes it; `a[1]` in code and a bracket with a backslash cite nothing.
const citation: TokenizerAndRendererExtension = {
  name: "citation",
  level: "inline",
  start: (text) => { const at = text.search(/\[\d/); return at < 0 ? undefined : at; },
  tokenizer(text) {
    const found = /^\[(\d{1,2})\](?!\()/.exec(text);
    return found ? { type: "citation", raw: found[0], n: found[1] } : undefined;
  },
  renderer: (token) => `<span data-cite="${token.n}">${token.raw}</span>`,
};

// Course and model text is data: no links, no images, no HTML of its own. What a link says stays, and where it leads.
const marked = new Marked({
  gfm: true,
  breaks: true,
  extensions: [
    formula("displayed", "block", /^(?:\$\$([\s\S]+?)\$\$|\\\[([\s\S]+?)\\\])(?:\n|$)/, /\$\$|\\\[/, true),
    // Not every $ begins a formula: prices do not.
    formula("inline", "inline", /^(?:\$(?![\s\d.,]+\$)((?:[^\s$\\]|\\.)(?:(?:[^$\n\\]|\\.)*?(?:[^\s$\\]|\\.))?)\$(?!\d)|\\\((.+?)\\\))/, /\$|\\\(/, false),
    citation,
  ],
  renderer: {
    html: ({ text }) => escaped(text),
    image: ({ text }) => escaped(text),
    link({ href, tokens, text }) {
      const said = this.parser.parseInline(tokens);
      return text === href || text.includes(href.replace(/^\w+:(\/\/)?/, "")) ? said : `${said} (${escaped(href)})`;
    },
    heading({ tokens, depth }) {
      const level = Math.min(6, depth + 3);
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>`;
    },
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
  },
});

/** A text on the page that only grows. */
export class Growing {
  #host: HTMLElement;
  #cite: Cite;
  #settled = 0; // so many characters are shown for good
  #tail: { raw: string; nodes: Node[] }[] = [];

  constructor(host: HTMLElement, cite: Cite) {
    this.#host = host;
    this.#cite = cite;
  }

  show(whole: string): void {
    // What turns the direction of writing around is no part of an answer.
    const text = whole.replace(/[\u202a-\u202e\u2066-\u2069]/g, "");
    const tokens = marked.lexer(text.slice(this.#settled));
    const same = tokens.findIndex((token, at) => this.#tail[at]?.raw !== token.raw);
    const from = same < 0 ? tokens.length : same;
    const root = this.#host.getRootNode() as ShadowRoot;
    const focused = this.#cites().indexOf(root.activeElement as HTMLElement);
    for (const gone of this.#tail.splice(from)) gone.nodes.forEach((node) => (node as ChildNode).remove());
    for (const token of tokens.slice(from)) {
      const nodes = nodesOf(token, this.#cite);
      this.#host.append(...nodes);
      this.#tail.push({ raw: token.raw, nodes });
    }
    if (focused >= 0 && !root.activeElement) this.#cites()[focused]?.focus({ preventScroll: true });
    // The last blocks may still change: a list goes on after a blank line.
    for (const whole of this.#tail.splice(0, Math.max(0, tokens.length - 3))) this.#settled += whole.raw.length;
  }

  #cites(): HTMLElement[] {
    return this.#tail.flatMap(({ nodes }) => nodes.flatMap(citesIn));
  }
}

/** Draw something unseen, so that the first answer does not wait for the engine to get going. */
export function warmUp(): void {
  new Growing(document.createElement("div"), () => null).show("A **b** `c` [1]\n\n- d\n\n> e\n\n1. f\n\ng");
}

function citesIn(node: Node): HTMLElement[] {
  return node instanceof Element ? [...node.querySelectorAll<HTMLElement>(".cite")] : [];
}

function nodesOf(token: Token, cite: Cite): Node[] {
  const fragment = DOMPurify.sanitize(marked.parser([token] as Tokens.Generic[] as Token[]), {
    ALLOWED_TAGS: TAGS, ALLOWED_ATTR: ["start"], ALLOW_DATA_ATTR: true, ALLOW_ARIA_ATTR: false, RETURN_DOM_FRAGMENT: true,
  });
  putTelephones(fragment);
  putCitations(fragment, cite);
  for (const pre of fragment.querySelectorAll("pre")) pre.tabIndex = 0; // it scrolls, so the keyboard must reach it
  for (const table of fragment.querySelectorAll("table")) {
    const frame = document.createElement("div");
    frame.className = "table";
    frame.tabIndex = 0;
    table.replaceWith(frame);
    frame.append(table);
  }
  for (const spot of fragment.querySelectorAll<HTMLElement>("span[data-tex]")) void typeset(spot);
  return [...fragment.childNodes];
}

/** A citation stays in a line with the end of what it bears, and does not begin one. */
function putCitations(root: ParentNode, cite: Cite): void {
  for (const spot of root.querySelectorAll<HTMLElement>("span[data-cite]")) {
    const before = spot.previousSibling;
    const button = cite(Number(spot.dataset.cite));
    if (!button) spot.replaceWith(spot.textContent ?? "");
    else if (before instanceof Text && before.data.trim()) {
      const line = document.createElement("span");
      line.className = "cited";
      const end = before.data.search(/\S\s*$/u);
      line.append(before.data.slice(end), button);
      before.data = before.data.slice(0, end);
      spot.replaceWith(line);
    } else if (before instanceof Element && before.className === "cited") {
      before.append(button);
      spot.remove();
    } else spot.replaceWith(button);
  }
}

// 拨打 120 或 110, 热线 12345, call 96110: by a word of calling, so that 血压 120 and 打 120 分 are none.
const NUMBER = /(?:1[12]\d(?:\d\d)?|1[3-9]\d{9}|9[56]\d{3}|[48]00-?\d{3,4}-?\d{3,4}|0\d{2,3}-\d{7,8})(?![\d%℃-]|\.\d|\s?(?:[分元毫度岁次个年天秒米页张]|mm))/g;
const CALLING = /(?:[拨撥]打?|打(?!印|字|包)|致电|致電|电话|電話|热线|熱線|专线|專線|call|dial|line|police|phone)[^\d。；;.]{0,7}$/i;
const AND = /^(?:[\s,，、]|或者?|和|及|or|and)+$/;
const LINE = /^\s?(?:热线|熱線|专线|專線|急救|报警|報警|hotline|line)/;

/** What can be called is called by a touch; nothing else of an answer is a link. */
function putTelephones(root: DocumentFragment): void {
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const texts: Text[] = [];
  while (walk.nextNode()) texts.push(walk.currentNode as Text);
  let said = "", called = false; // since the last number, over bold and plain
  for (const spot of texts) {
    if (spot.parentElement?.closest("code, [data-tex]")) continue;
    const text = spot.data;
    const parts: (string | Node)[] = [];
    let to = 0; // so far it is put into parts
    for (const { 0: number, index } of text.matchAll(NUMBER)) {
      const before = said + text.slice(to, index);
      const after = text.slice(index + number.length);
      if (/[\d.-]$/.test(before) || !(CALLING.test(before) || LINE.test(after) || (called && AND.test(before)))) continue;
      parts.push(text.slice(to, index), telephone(number));
      to = index + number.length;
      [said, called] = ["", true];
    }
    said += text.slice(to);
    if (to) spot.replaceWith(...parts, text.slice(to));
  }
}

function telephone(number: string): HTMLElement {
  const link = document.createElement("a");
  link.href = `tel:${number}`;
  link.textContent = number;
  return link;
}

// Half of what the widget weighs, and few answers have a formula: fetched from our own service with the first one.
let math: Promise<TexToMathML | null> | null = null;
let mathAt = "";

export function mathFrom(base: string): void {
  mathAt = `${base}/widget-math.js`;
}

async function typeset(spot: HTMLElement): Promise<void> {
  math ??= import(/* @vite-ignore */ mathAt).then((module: { toMathML: TexToMathML }) => module.toMathML).catch(() => null);
  const toMathML = await math;
  if (!toMathML) return; // the formula stays as it was written
  try {
    const fragment = DOMPurify.sanitize(toMathML(spot.dataset.tex ?? "", spot.dataset.display === "true"), {
      USE_PROFILES: { mathMl: true }, FORBID_ATTR: ["href", "style"], RETURN_DOM_FRAGMENT: true,
    });
    if (fragment.querySelector("math")) spot.replaceChildren(fragment);
  } catch { /* no TeX that can be drawn */ }
}
