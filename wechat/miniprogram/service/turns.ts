// The conversation: what is asked, what arrives, and what becomes of it when the connection does not hold.
import { ended } from "./both/exchange";
import type { Exchange, Phase, Style } from "./both/exchange";
import type { Card, Done, Problem, Source, TurnEvent } from "./both/wire";
import type { Door } from "./door";
import { keep, recalled } from "./kept";
import type { Network } from "./network";
import { Lost, Refused } from "./refusal";
import type { Method } from "./request";
import type { Locale } from "./words";

export type Trouble = "stopped" | "lost" | "offline" | "limited" | "consent" | "notAdmitted" | "trouble";

export interface Asking { locale: Locale; audience: string; style: Style; personalised: boolean; course: string; lesson: string }

export interface Turn extends Exchange {
  asking: Asking;
  last: number; // the number of the event that came last
  trouble: Trouble | null;
}

// After a lost connection: how long to wait before each try to go on with the turn, in ms.
const TRIES = [400, 1_200, 3_000, 6_000, 12_000];
const TRIES_TO_BEGIN = 3;
const KEPT_TURNS = 30;
const KEPT = "companion-thread";
const PASSING = [502, 503, 504];

/** A turn that is being received. */
class Running {
  stopped = false;
  abort = (): void => {};
  wake = (): void => {};

  constructor(readonly turn: Turn) {}

  stop(): void {
    this.stopped = true;
    this.abort();
    this.wake();
  }

  /** Wait, shorter when the app comes back or the network does. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => { clearTimeout(timer); resolve(); };
    });
  }
}

export class Turns {
  list: Turn[] = [];
  conversation: string | null = null;
  private running: Running | null = null;

  private changed: (turn: Turn | null) => void = () => {};

  /** `hasToAgree` tells whether there are terms that the learner did not agree to. */
  constructor(private readonly door: Door, private readonly network: Network, private readonly hasToAgree: () => Promise<boolean>) {
    network.onChange((online) => { if (online) this.wake(); });
  }

  /** Whether an answer is on its way; what is whole is not waited for until its connection closes. */
  get busy(): boolean { return this.running !== null && !ended(this.running.turn); }

  /** Who shows the turns hears of each change: of one, or of all (null). */
  watch(changed: (turn: Turn | null) => void): void {
    this.changed = changed;
  }

  /** What this phone keeps of before the app was closed. A turn that was on its way is taken up again. */
  restore(): void {
    const kept = recalled<{ conversation: string | null; turns: Turn[] }>(KEPT);
    if (!kept) return;
    this.conversation = kept.conversation;
    this.list = kept.turns;
    this.wake();
    this.changed(null);
  }

  async ask(message: string, asking: Asking): Promise<void> {
    if (this.busy) return;
    const turn = begun(message, asking);
    this.list = [...this.list, turn];
    await this.run(turn);
  }

  /**
   * Try a turn that failed again: go on with it where it may still be had, else ask in its place. A turn that went well is asked
   * again below.
   */
  async again(turn: Turn): Promise<void> {
    if (this.busy) return;
    const isSent = turn.trouble === "lost" || turn.trouble === "offline" || turn.trouble === "limited" || turn.trouble === "consent";
    if (turn.phase === "failed" && isSent) return this.run(turn);
    if (turn.phase === "failed") this.list = this.list.filter((one) => one !== turn);
    await this.ask(turn.message, turn.asking);
  }

  /** The learner has had enough: what runs is ended here and at the service. */
  stop(): void {
    if (this.busy) this.running?.stop();
  }

  /** The app is back, or the network: go on at once with what waits or was given up. */
  wake(): void {
    if (this.busy) return this.running?.wake();
    const last = this.list[this.list.length - 1];
    const isGivenUp = last?.trouble === "lost" || last?.trouble === "offline";
    if (last?.id && (!ended(last) || isGivenUp)) void this.run(last);
    else if (last && !ended(last)) this.fail(last, "lost");
  }

  /** Begin anew; what this phone kept of the conversation goes. */
  clear(): void {
    this.stop();
    this.show([], null);
    keep(KEPT, null);
  }

  /** A conversation of before, in place of this one. */
  show(turns: Turn[], conversation: string | null): void {
    this.list = turns;
    this.conversation = conversation;
    this.keep();
    this.changed(null);
  }

  /** Keep a change that is not of an answer: an opinion. */
  touched(turn: Turn): void {
    this.keep();
    this.changed(turn);
  }

  private async run(turn: Turn): Promise<void> {
    const running = new Running(turn);
    this.running = running;
    Object.assign(turn, { phase: turn.id ? "reconnecting" : "waiting", trouble: null, detail: "" });
    this.keep();
    this.changed(turn);
    try {
      await this.follow(turn, running);
    } catch (error) {
      if (running.stopped) this.stopped(turn);
      else if (error instanceof Refused) await this.refused(turn, error.problem);
      else this.fail(turn, this.network.online ? "lost" : "offline");
    } finally {
      if (this.running === running) this.running = null;
      this.keep();
      this.changed(turn);
    }
  }

  /** Receive a turn to its end; where the connection breaks, go on after the last event that arrived. */
  private async follow(turn: Turn, running: Running): Promise<void> {
    for (let tries = 0; ; tries++) {
      const before = turn.last;
      try {
        await this.receive(turn, running);
      } catch (error) {
        const isGone = error instanceof Refused && error.problem.status === 404 && this.forgets(turn);
        if (!isGone && !this.isPassing(error, turn, tries)) throw error;
      }
      if (ended(turn)) return;
      if (running.stopped) throw new Lost("stopped");
      if (turn.last > before) tries = 0;
      if (tries >= TRIES.length) throw new Lost("not reached again");
      if (turn.id) this.phase(turn, "reconnecting");
      await running.pause(TRIES[tries]!);
      if (running.stopped) throw new Lost("stopped");
    }
  }

  /** A gateway that stands in for a service that starts again is waited for, as a lost connection is; a refusal is not. */
  private isPassing(error: unknown, turn: Turn, tries: number): boolean {
    if (error instanceof Refused) return PASSING.includes(error.problem.status) && tries < TRIES.length;
    return error instanceof Lost && (turn.id !== null || (this.network.online && tries < TRIES_TO_BEGIN));
  }

  private async receive(turn: Turn, running: Running): Promise<void> {
    const take = (event: TurnEvent): void => { if (!running.stopped) this.take(turn, event); };
    const begun = (abort: () => void): void => { running.abort = abort; };
    const [path, asked] = turn.id ? resuming(turn) : this.asking(turn);
    if (!turn.id && !this.network.online) throw new Lost("offline");
    await this.door.events(path, asked, take, begun);
  }

  private asking(turn: Turn): [string, { method: Method; header: Record<string, string>; body: unknown }] {
    const { locale, audience, style, personalised, course, lesson } = turn.asking;
    const body = {
      message: turn.message, locale, style, personalised, audience: audience || null, course_id: course || null, lesson_id: lesson || null,
      ...(this.conversation ? { conversation_id: this.conversation } : {}),
    };
    return ["/v1/chat", { method: "POST", header: { "Idempotency-Key": turn.key }, body }];
  }

  /** One event, once: what comes again by another way has a number that was had. */
  private take(turn: Turn, event: TurnEvent): void {
    if (event.number <= turn.last || ended(turn)) return;
    turn.last = event.number;
    switch (event.name) {
      case "turn":
        turn.id = event.data.turn_id;
        this.conversation = event.data.conversation_id;
        this.keep(); // an app that is closed now can take the turn up again
        break;
      case "sources": turn.sources = event.data.sources; break;
      case "courses": turn.courses = [...turn.courses, ...event.data.courses]; break;
      case "text":
        turn.text += event.data.text;
        turn.ai = turn.ai || event.data.ai;
        turn.phase = "writing";
        break;
      case "done":
        turn.done = event.data;
        turn.phase = "done";
        break;
      case "error": void this.refused(turn, { ...event.data, retryAfter: 0 });
    }
    this.changed(turn);
  }

  private async refused(turn: Turn, { status, detail, retryAfter }: Problem): Promise<void> {
    if (status === 429) {
      turn.retryAt = Date.now() + Math.max(1, retryAfter) * 1_000;
      return this.fail(turn, "limited");
    }
    if (status === 403 && (await this.hasToAgree())) return this.fail(turn, "consent");
    // What the service says of a message it does not take is for the learner to read.
    this.fail(turn, status === 401 || status === 403 ? "notAdmitted" : "trouble", status >= 400 && status < 500 ? detail : "");
  }

  private stopped(turn: Turn): void {
    if (turn.id) this.door.json(`/v1/chat/turns/${turn.id}`, "DELETE").catch(() => {}); // unheard, it ends by itself soon
    this.fail(turn, "stopped");
  }

  private fail(turn: Turn, trouble: Trouble, detail = ""): void {
    Object.assign(turn, { phase: "failed", trouble, detail });
    this.changed(turn);
  }

  private phase(turn: Turn, phase: Phase): void {
    turn.phase = phase;
    this.changed(turn);
  }

  /** What the service has no more, or not for this learner, is asked anew: a turn from its beginning, a conversation as another. */
  private forgets(turn: Turn): boolean {
    if (turn.id) this.forgetBegun(turn);
    else if (this.conversation) this.conversation = null;
    else return false;
    return true;
  }

  private forgetBegun(turn: Turn): void {
    const { key, last, id, text, ai, sources, courses } = begun(turn.message, turn.asking);
    Object.assign(turn, { key, last, id, text, ai, sources, courses });
  }

  private keep(): void {
    keep(KEPT, this.list.length ? { conversation: this.conversation, turns: this.list.slice(-KEPT_TURNS) } : null);
  }
}

function begun(message: string, asking: Asking): Turn {
  return {
    key: newKey(), message, asking, id: null, last: 0, phase: "waiting", text: "", ai: false, sources: [], courses: [], done: null,
    trouble: null, detail: "", retryAt: 0, opinion: "",
  };
}

/** A turn that ended long ago, as the service kept it. */
export function past(id: string, message: string, text: string, ai: boolean, sources: Source[], courses: Card[], done: Done, asking: Asking): Turn {
  return { ...begun(message, asking), key: id, id, phase: "done", text, ai, sources, courses, done };
}

function resuming(turn: Turn): [string, { header: Record<string, string> }] {
  return [`/v1/chat/turns/${turn.id}/events`, { header: { "Last-Event-ID": String(turn.last) } }];
}

/** Not a secret: it tells this learner's tries apart. */
function newKey(): string {
  return [Date.now(), Math.random(), Math.random()].map((part) => part.toString(36).replace("0.", "")).join("-");
}
