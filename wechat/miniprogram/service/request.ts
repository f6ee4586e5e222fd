// wx.request as we need it: bytes as they come, one reply, and one kind of failure.
import { decodeUtf8 } from "./bytes";
import { Lost } from "./refusal";

export type Method = "GET" | "POST" | "DELETE"; // wx.request knows no PATCH

export interface Asked {
  method?: Method;
  header?: Record<string, string>;
  body?: unknown;
  /** Called with each piece of the body; some clients deliver none, and all at the end. */
  onBytes?: (bytes: ArrayBuffer) => void;
}

export interface Reply {
  status: number;
  header(name: string): string;
  /** All of the body as it came at the end; of a streamed reply it may be empty. */
  bytes: ArrayBuffer;
  text: string;
}

export interface Sending {
  reply: Promise<Reply>;
  abort(): void;
}

const TIMEOUT_MS = 30_000;
const STREAM_TIMEOUT_MS = 300_000;
// The service says that it is there every 15 s: so long without a byte is a connection that is gone.
const SILENT_MS = 60_000;
const PROBLEM_BYTES = 65_536; // kept of a streamed body, for the case that it is a refusal

/** Send a request. Its reply comes for every status; it throws Lost where there is none. */
export function send(url: string, { method = "GET", header = {}, body, onBytes }: Asked): Sending {
  let abort = (): void => {};
  const reply = new Promise<Reply>((resolve, reject) => {
    const pieces: Uint8Array[] = [];
    let kept = 0;
    let silent = 0;
    const listen = (): void => {
      clearTimeout(silent);
      if (onBytes) silent = setTimeout(() => { task.abort(); reject(new Lost("silent")); }, SILENT_MS);
    };
    const task = wx.request({
      url,
      method,
      header: body === undefined ? header : { ...header, "Content-Type": "application/json" },
      ...(body === undefined ? {} : { data: JSON.stringify(body) }),
      responseType: "arraybuffer",
      enableChunked: onBytes !== undefined,
      timeout: onBytes ? STREAM_TIMEOUT_MS : TIMEOUT_MS,
      success: ({ statusCode, header: headers, data }) => {
        const bytes = asBytes(data);
        const whole = bytes.byteLength ? bytes : joined(pieces, kept);
        resolve({ status: statusCode, header: reader(headers as Record<string, unknown>), bytes, text: decodeUtf8(new Uint8Array(whole)) });
      },
      fail: ({ errMsg }) => reject(new Lost(errMsg)),
      complete: () => clearTimeout(silent),
    });
    abort = () => task.abort();
    listen();
    if (onBytes) {
      task.onChunkReceived(({ data }) => {
        listen();
        if (kept < PROBLEM_BYTES) pieces.push(new Uint8Array(data));
        if (kept < PROBLEM_BYTES) kept += data.byteLength;
        onBytes(data);
      });
    }
  });
  return { reply, abort: () => abort() };
}

/** The body, whatever a client makes of it: bytes as asked for, a text, or the JSON already read. */
function asBytes(data: unknown): ArrayBuffer {
  if (data instanceof ArrayBuffer || Object.prototype.toString.call(data) === "[object ArrayBuffer]") return data as ArrayBuffer;
  if (data === undefined || data === null || data === "") return new ArrayBuffer(0);
  const text = typeof data === "string" ? data : JSON.stringify(data);
  // What is not ASCII was decoded by the client: it is written as JSON escapes it, which is the same text to a reader of JSON.
  const ascii = text.replace(/[^\x00-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return Uint8Array.from(ascii, (letter) => letter.charCodeAt(0)).buffer;
}

function joined(pieces: Uint8Array[], length: number): ArrayBuffer {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole.buffer;
}

function reader(headers: Record<string, unknown>): (name: string) => string {
  const found = new Map(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]));
  return (name) => found.get(name.toLowerCase()) ?? "";
}
