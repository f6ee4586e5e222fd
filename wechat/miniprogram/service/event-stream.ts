// Server-sent events out of bytes, however they are cut: https://html.spec.whatwg.org/multipage/server-sent-events.html
import type { TurnEvent } from "./both/wire";
import { Lines } from "./bytes";

const NAMES = ["turn", "sources", "courses", "text", "done", "error"];

/** The events of one response. What was not ended when the stream closed is dropped. */
export class EventStream {
  private lines = new Lines();
  private name = "";
  private data: string[] = [];
  private id = "0";

  /** The events that these bytes end. Names that are not known are left out: a newer service may have more. */
  push(chunk: ArrayBuffer): TurnEvent[] {
    const events: TurnEvent[] = [];
    for (const line of this.lines.push(chunk)) {
      const event = this.take(line.endsWith("\r") ? line.slice(0, -1) : line);
      if (event) events.push(event);
    }
    return events;
  }

  private take(line: string): TurnEvent | null {
    if (line === "") return this.ended();
    const colon = line.indexOf(":");
    if (colon === 0) return null; // a sign of life
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.name = value;
    else if (field === "data") this.data.push(value);
    else if (field === "id") this.id = value;
    return null;
  }

  private ended(): TurnEvent | null {
    const { name, data } = this;
    this.name = "";
    this.data = [];
    if (!data.length || !NAMES.includes(name)) return null;
    return { number: Number(this.id), name, data: JSON.parse(data.join("\n")) } as TurnEvent;
  }
}
