// The conversation: what is asked, what arrives, and what becomes of it when the connection does not hold.
import { type Door, eventsOf, keep, recalled, refused, Refused } from "./door";
import type { Locale } from "./words";
import { ended, type Exchange, type Phase, type Style } from "../../wechat/miniprogram/service/both/exchange";
import type { Card, Done, Problem } from "../../wechat/miniprogram/service/both/wire";

export type Trouble = "stopped" | "lost" | "offline" | "limited" | "notAdmitted" | "signedOut" | "trouble";

export interface Turn extends Exchange {
  style: Style;
  last: string; // the number of the event that came last
  trouble: Trouble | null;
  instead: Card[] | null; // courses that were asked for in place of the answer
}

export interface Asking { locale: Locale; audience: string; style: Style; course: string; lesson: string; personalised: boolean }

// After a lost connection: how long to wait before each try to go on with the turn, in ms.
const TRIES = [400, 1_200, 3_000, 6_000, 12_000];
const KEPT_TURNS = 40;
const STOPPED = "stopped by the learner";
const LEFT = "the page was left";

export class Thread {
  turns: Turn[] = [];
  conversation: string | null = null;
  running: AbortController | null = null;
  /** Whose it is; null before that is known. */
  who: string | null = null;

  /** `changed` hears of each change of a turn. `name` tells apart what several widgets keep in one tab. */
  constructor(readonly door: Door, readonly name: string, private readonly changed: (turn: Turn | null) => void) {}

  /**
   * It is this person's from now on: another's is not shown to them. What this tab keeps of theirs from before the page was left
   * comes back, and a turn that was on its way is taken up again.
   */
  belongs(who: string | null): void {
    if (who === this.who) return;
    this.leave();
    this.who = who;
    this.turns = [];
    this.conversation = null;
    this.changed(null);
    try {
      const kept = JSON.parse(recalled(this.name) ?? "null") as { who: string; conversation: string | null; turns: Turn[] } | null;
      if (kept?.who !== who) return;
      this.conversation = kept.conversation;
      this.turns = kept.turns;
    } catch { return; }
    const open = this.turns.at(-1);
    if (open && !ended(open)) void this.#run(open, null);
    this.changed(null);
  }

  async ask(message: string, asking: Asking): Promise<Turn> {
    const turn: Turn = {
      key: newKey(), message, style: asking.style, id: null, last: "0", phase: "waiting", text: "", ai: false, sources: [],
      courses: [], done: null, trouble: null, detail: "", retryAt: 0, instead: null, opinion: "",
    };
    this.turns = [...this.turns, turn];
    await this.#run(turn, asking);
    return turn;
  }

  /** Ask the same again: in place of a turn that failed, or below one that did not please. */
  async again(turn: Turn, asking: Asking): Promise<void> {
    if (this.running) return;
    if (turn.phase === "failed") this.turns = this.turns.filter((one) => one !== turn);
    await this.ask(turn.message, { ...asking, style: turn.style });
  }

  stop(): void {
    this.running?.abort(STOPPED);
  }

  /** The widget is taken off the page: the turn goes on without us, and is taken up again where it was. */
  leave(): void {
    if (!this.running) return;
    this.#keep(); // at once: it may be put elsewhere in the same breath
    this.running.abort(LEFT);
  }

  /** Begin anew; what was kept of this conversation in the tab goes. */
  clear(): void {
    this.running?.abort(STOPPED);
    this.turns = [];
    this.conversation = null;
    keep(this.name, null);
    this.changed(null);
  }

  async #run(turn: Turn, asking: Asking | null): Promise<void> {
    const running = new AbortController();
    this.running = running;
    this.changed(turn);
    try {
      await this.#follow(turn, asking, running.signal);
      if (!ended(turn)) this.#fail(turn, navigator.onLine ? "lost" : "offline");
    } catch (error) {
      if (running.signal.reason === LEFT) return;
      if (running.signal.reason === STOPPED) this.#stopped(turn);
      else if (error instanceof Refused) this.#refused(turn, error.problem);
      else this.#fail(turn, navigator.onLine ? "lost" : "offline");
    } finally {
      if (this.running === running) this.running = null;
      this.#keep();
      this.changed(turn);
    }
  }

  /** Receive a turn to its end; where the connection breaks, go on after the last event that arrived. */
  async #follow(turn: Turn, asking: Asking | null, signal: AbortSignal): Promise<void> {
    for (const wait of [0, ...TRIES]) {
      if (wait) {
        if (turn.phase !== "reconnecting") this.#phase(turn, "reconnecting");
        await sleep(wait, signal);
      }
      try {
        const response = turn.id ? await this.#resumed(turn, signal) : asking ? await this.#posted(turn, asking, signal) : null;
        if (!response) return;
        if (!response.ok) throw await refused(response);
        await this.#receive(turn, response, signal);
      } catch (error) {
        // Another's conversation, or one of a visitor who was forgotten: it ends here, and this begins one.
        if (error instanceof Refused && error.problem.status === 404 && this.conversation && !turn.id && !signal.aborted) {
          this.conversation = null;
          this.turns = [turn];
          this.changed(null);
          continue;
        }
        // A gateway that stands in for a service that starts again is waited for; a refusal is not.
        const passing = !(error instanceof Refused) || [502, 503, 504].includes(error.problem.status);
        // A turn that was never begun may be refused before it is heard, as a page that is not admitted is.
        const hopeless = !turn.id && (!navigator.onLine || wait >= TRIES[2]!);
        if (signal.aborted || !passing || hopeless) throw error;
      }
      if (ended(turn)) return;
    }
  }

  #posted(turn: Turn, asking: Asking, signal: AbortSignal): Promise<Response> {
    return this.door.knock("/v1/chat", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/event-stream", "Idempotency-Key": turn.key },
      body: JSON.stringify({
        message: turn.message, locale: asking.locale, style: asking.style, personalised: asking.personalised,
        audience: asking.audience || null, course_id: asking.course || null, lesson_id: asking.lesson || null,
        ...(this.conversation && { conversation_id: this.conversation }),
      }),
      signal,
    });
  }

  #resumed(turn: Turn, signal: AbortSignal): Promise<Response> {
    return this.door.knock(`/v1/chat/turns/${turn.id}/events`, { headers: { Accept: "text/event-stream", "Last-Event-ID": turn.last }, signal });
  }

  async #receive(turn: Turn, response: Response, signal: AbortSignal): Promise<void> {
    for await (const { event, data, id } of eventsOf(response)) {
      if (signal.aborted) throw new DOMException("stopped", "AbortError");
      turn.last = id;
      this.#take(turn, event, data as Record<string, never>);
      if (ended(turn)) return;
    }
  }

  #take(turn: Turn, event: string, data: Record<string, never>): void {
    switch (event) {
      case "turn":
        turn.id = data["turn_id"] ?? null;
        this.conversation = data["conversation_id"] ?? null;
        this.#keep(); // a page that is left now can take the turn up again
        break;
      case "sources": turn.sources = data["sources"] ?? []; break;
      case "courses": turn.courses = [...turn.courses, ...(data["courses"] ?? [])]; break;
      case "text":
        turn.text += data["text"] ?? "";
        turn.ai ||= Boolean(data["ai"]);
        turn.phase = "writing";
        break;
      case "done":
        turn.done = data as unknown as Done;
        turn.phase = "done";
        break;
      case "error": this.#refused(turn, { ...(data as unknown as Problem), retryAfter: 0 });
    }
    this.changed(turn);
  }

  #refused(turn: Turn, { status, detail, retryAfter }: Problem): void {
    if (status === 429) {
      turn.retryAt = Date.now() + Math.max(1, retryAfter) * 1_000;
      return this.#fail(turn, "limited");
    }
    // What is wrong with a token is for who runs the page.
    if (status === 401) return this.#fail(turn, this.door.isSignedIn ? "signedOut" : "notAdmitted");
    // What the service says of a message it does not take is for the learner to read.
    this.#fail(turn, status === 403 ? "notAdmitted" : "trouble", status >= 400 && status < 500 ? detail : "");
  }

  #stopped(turn: Turn): void {
    if (turn.id) this.door.knock(`/v1/chat/turns/${turn.id}`, { method: "DELETE" }).catch(() => {});
    this.#fail(turn, "stopped");
  }

  #fail(turn: Turn, trouble: Trouble, detail = ""): void {
    turn.phase = "failed";
    turn.trouble = trouble;
    turn.detail = detail;
    this.changed(turn);
  }

  #phase(turn: Turn, phase: Phase): void {
    turn.phase = phase;
    this.changed(turn);
  }

  /** Keep what stands, in this tab alone. */
  #keep(): void {
    keep(this.name, JSON.stringify({ who: this.who, conversation: this.conversation, turns: this.turns.slice(-KEPT_TURNS) }));
  }

  /** Keep a change that is not of an answer: an opinion, other courses. */
  touched(turn: Turn): void {
    this.#keep();
    this.changed(turn);
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    // Back online: no need to wait longer.
    addEventListener("online", () => { clearTimeout(timer); resolve(); }, { once: true, signal });
    signal.addEventListener("abort", () => { clearTimeout(timer); reject(new DOMException("stopped", "AbortError")); }, { once: true });
  });
}

/** crypto.randomUUID is there on secure pages alone. */
function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
