// Bytes to lines to events, however a phone cuts them.
const path = require("path");
const { ROOT, asStream } = require("./phone");
const { Lines, decodeUtf8 } = require(path.join(ROOT, "service/bytes"));
const { EventStream } = require(path.join(ROOT, "service/event-stream"));

const buffer = (bytes) => Uint8Array.from(bytes).buffer;
const RAW = 'event: text\nid: 1\ndata: {"text": "粤语：冇问题😀", "ai": false}\n\n';

test("a Chinese character that is cut in half between two chunks is whole", () => {
  const bytes = Buffer.from(RAW);
  const inside = bytes.indexOf(Buffer.from("语")) + 1;
  const stream = new EventStream();
  expect(stream.push(buffer(bytes.subarray(0, inside)))).toEqual([]);
  expect(stream.push(buffer(bytes.subarray(inside)))).toEqual([{ number: 1, name: "text", data: { text: "粤语：冇问题😀", ai: false } }]);
});

test("a stream may be cut after any byte, raw or escaped", () => {
  for (const text of [RAW, asStream([["text", { text: "粤语：冇问题😀", ai: false }]])]) {
    const bytes = Buffer.from(text);
    for (let at = 0; at <= bytes.length; at++) {
      const stream = new EventStream();
      const events = [...stream.push(buffer(bytes.subarray(0, at))), ...stream.push(buffer(bytes.subarray(at)))];
      expect(events.map((event) => event.data.text)).toEqual(["粤语：冇问题😀"]);
    }
  }
});

test("a stream may come byte by byte", () => {
  const stream = new EventStream();
  const events = [...Buffer.from(RAW + RAW)].flatMap((byte) => stream.push(buffer([byte])));
  expect(events).toHaveLength(2);
});

test("signs of life, carriage returns, unknown fields and events of a newer service are passed over", () => {
  const stream = new EventStream();
  const text = ": still here\r\n\r\nretry: 9\r\nevent: tomorrow\r\nid: 4\r\ndata: {}\r\n\r\nevent: text\r\nid: 5\r\ndata: {\"text\":\r\ndata: \"a\",\"ai\":true}\r\n\r\n";
  expect(stream.push(buffer(Buffer.from(text)))).toEqual([{ number: 5, name: "text", data: { text: "a", ai: true } }]);
});

test("an event that was not ended is not taken", () => {
  expect(new EventStream().push(buffer(Buffer.from("event: text\nid: 1\ndata: {}\n")))).toEqual([]);
});

test("what waits for its line feed is kept whole over many chunks", () => {
  const lines = new Lines();
  const long = "课".repeat(20_000);
  const bytes = Buffer.from(`${long}\n`);
  let got = [];
  for (let at = 0; at < bytes.length; at += 1_000) got = got.concat(lines.push(buffer(bytes.subarray(at, at + 1_000))));
  expect(got).toEqual([long]);
});

test("bytes decode as a TextDecoder decodes them where they are UTF-8", () => {
  const decoder = new (require("util").TextDecoder)("utf-8", { ignoreBOM: true });
  for (const text of ["", "ascii", "é", "汉字", "😀𠮷", "混 mixed 😀 é"]) {
    expect(decodeUtf8(Uint8Array.from(Buffer.from(text)))).toBe(decoder.decode(Buffer.from(text)));
  }
});

test("bytes that are no UTF-8 become replacement characters, never an error", () => {
  for (const bytes of [[0xff], [0xc0, 0x80], [0xe4, 0xb8], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0x80]]) {
    expect(decodeUtf8(Uint8Array.from(bytes))).toMatch(/^\ufffd+$/);
  }
});
