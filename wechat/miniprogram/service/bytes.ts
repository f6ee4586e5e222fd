// Bytes to lines. A phone has no TextDecoder, and a chunk may end in the middle of a character.
const LINE_FEED = 0x0a;
const AT_ONCE = 8_192; // arguments of one call

/** Lines as their bytes arrive: cut at the line feed first and decoded then, so that no character is ever half. */
export class Lines {
  private rest = new Uint8Array(0);

  /** The lines that these bytes end; what is not ended waits for more. */
  push(chunk: ArrayBuffer): string[] {
    const bytes = joined(this.rest, new Uint8Array(chunk));
    const lines: string[] = [];
    let from = 0;
    for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, from)) {
      lines.push(decodeUtf8(bytes.subarray(from, at)));
      from = at + 1;
    }
    this.rest = bytes.slice(from);
    return lines;
  }
}

/** UTF-8 to text; what is not UTF-8 becomes U+FFFD. Our own wire is ASCII, where this is String.fromCharCode. */
export function decodeUtf8(bytes: Uint8Array): string {
  let text = "";
  let units: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [point, length] = pointAt(bytes, at);
    if (point > 0xffff) units.push(0xd800 + ((point - 0x10000) >> 10), 0xdc00 + ((point - 0x10000) & 0x3ff));
    else units.push(point);
    at += length;
    if (units.length >= AT_ONCE) {
      text += String.fromCharCode(...units);
      units = [];
    }
  }
  return text + String.fromCharCode(...units);
}

const MALFORMED: [number, number] = [0xfffd, 1];
const LEAST = [0, 0, 0x80, 0x800, 0x10000]; // by length: less was written longer than need be

function pointAt(bytes: Uint8Array, at: number): [point: number, length: number] {
  const first = bytes[at]!;
  if (first < 0x80) return [first, 1];
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > bytes.length) return MALFORMED;
  let point = first & (0x7f >> length);
  for (let i = 1; i < length; i++) {
    const next = bytes[at + i]!;
    if ((next & 0xc0) !== 0x80) return MALFORMED;
    point = (point << 6) | (next & 0x3f);
  }
  const isSurrogate = point >= 0xd800 && point <= 0xdfff;
  return point < LEAST[length]! || point > 0x10ffff || isSurrogate ? MALFORMED : [point, length];
}

function joined(before: Uint8Array, after: Uint8Array): Uint8Array {
  if (!before.length) return after;
  const both = new Uint8Array(before.length + after.length);
  both.set(before);
  both.set(after, before.length);
  return both;
}
