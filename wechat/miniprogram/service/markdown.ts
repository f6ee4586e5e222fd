// The text of an answer for t-chat-markdown, which draws pictures from any address: course and model text is data.

const CITE = "cite:";

/** The same text without pictures, and with [n] as a link to source n where there is one. */
export function drawable(text: string, numbers: number[]): string {
  // "![" fetches a picture from whoever is named: cut in two it is the text of a link, which nothing follows.
  const plain = text.replace(/!(?=\[)/g, "!\u200b");
  return plain.replace(/`[^`\n]+`|\[(\d{1,2})\](?!\()/g, (whole, n: string) => (numbers.includes(Number(n)) ? `[\\[${n}\\]](${CITE}${n})` : whole));
}

/** The number of the source that a tapped node of t-chat-markdown cites; null for any other node. */
export function citedBy(node: { type?: string; href?: string } | undefined): number | null {
  if (node?.type !== "link" || !node.href?.startsWith(CITE)) return null;
  return Number(node.href.slice(CITE.length)) || null;
}
