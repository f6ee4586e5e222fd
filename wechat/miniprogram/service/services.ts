// The one place where the parts are put together. A page finds them at getApp().
import { SERVICE } from "../settings";
import { citedIn } from "./both/exchange";
import type { Style } from "./both/exchange";
import type { Kept, Passage, QuizItem, Source } from "./both/wire";
import { Door } from "./door";
import { forgetExported } from "./kept";
import { Network } from "./network";
import { forgetPreferences, preferences, prefer } from "./preferences";
import { Refused } from "./refusal";
import { SignIn } from "./sign-in";
import { past, Turns } from "./turns";
import type { Asking, Turn } from "./turns";

/** Where a question is looked for first. */
export interface Scope { course: string; lesson: string; title: string }

export class Services {
  readonly network = new Network();
  readonly signIn: SignIn;
  readonly door: Door;
  readonly turns: Turns;
  scope: Scope | null = null;

  constructor(base: string = SERVICE) {
    this.signIn = new SignIn(base, () => preferences().agreed);
    this.door = new Door(base, this.signIn);
    this.turns = new Turns(this.door, this.network, async () => (await this.termsToAgree(true)) !== null);
  }

  /** How the learner wants to be answered, here and now. */
  asking(style: Style): Asking {
    const { locale, audience, personalised } = preferences();
    return { locale, audience, style, personalised, course: this.scope?.course ?? "", lesson: this.scope?.lesson ?? "" };
  }

  /** The version of the terms that the learner has to agree to; null where there is none, or it cannot be told now. */
  async termsToAgree(anew = false): Promise<string | null> {
    const version = await this.door.about(anew).then((about) => about.consent_version, () => null);
    return version !== null && version !== preferences().agreed ? version : null;
  }

  /** The learner agrees: the token carries it. Throws Refused and Lost. */
  async agree(version: string): Promise<void> {
    const before = preferences().agreed;
    prefer({ agreed: version });
    try {
      await this.signIn.renewAfterwards();
    } catch (error) {
      prefer({ agreed: before });
      throw error;
    }
  }

  /** The learner takes it back: the service is told so, and the chat asks again before the next question. */
  async withdraw(): Promise<void> {
    this.turns.stop();
    prefer({ agreed: "" });
    await this.signIn.renewAfterwards();
  }

  /** Show a conversation of before. Throws Refused and Lost. */
  async reopen(conversation: string): Promise<void> {
    const { turns, quiz } = await this.door.json<{ turns: Kept[]; quiz: QuizItem[] }>(`/v1/conversations/${encodeURIComponent(conversation)}`);
    const asWere: Turn[] = [];
    for (const kept of turns) asWere.push(await this.asItWas(kept, kept === turns[turns.length - 1] ? quiz : [])); // one after the other: WeChat sends ten requests at once, and no more
    this.turns.stop();
    this.turns.show(asWere, conversation);
  }

  /** Erase a conversation at the service, and here when it is the one shown. Throws Refused and Lost. */
  async eraseConversation(conversation: string): Promise<void> {
    if (conversation === this.turns.conversation) this.turns.stop();
    await this.door.json(`/v1/conversations/${encodeURIComponent(conversation)}`, "DELETE");
    if (conversation === this.turns.conversation) this.turns.clear();
  }

  /** Erase all that is kept of the learner, there and here; the receipt, empty where nobody has to say who they are. */
  async eraseAll(): Promise<string> {
    this.turns.stop();
    const receipt = await this.erasedAtService();
    this.turns.clear();
    this.signIn.forget();
    forgetPreferences();
    forgetExported();
    this.scope = null;
    return receipt;
  }

  private async erasedAtService(): Promise<string> {
    try {
      return (await this.door.json<{ receipt: string }>("/v1/learners/me", "DELETE")).receipt;
    } catch (error) {
      if (!(error instanceof Refused) || error.problem.status !== 404) throw error;
      // There is no learner, but a conversation there may be.
      if (this.turns.conversation) await this.eraseConversation(this.turns.conversation);
      return "";
    }
  }

  private async asItWas({ id, message, reply, mode, ai, grounded, passages, courses }: Kept, quiz: QuizItem[]): Promise<Turn> {
    const cited = citedIn(reply).filter((n) => n <= passages.length);
    const found = await Promise.all(cited.map((n) => this.sourceOf(n, passages[n - 1]!)));
    const sources = found.filter((source): source is Source => source !== null);
    const done = { mode, grounded, cited, fallback: null, aigc: null, quiz };
    return past(id, message, reply, ai, sources, courses, done, { ...this.asking("answer"), course: "", lesson: "" });
  }

  private async sourceOf(n: number, passage_id: string): Promise<Source | null> {
    const passage = await this.door.json<Passage>(`/v1/passages/${encodeURIComponent(passage_id)}`).catch(() => null);
    return passage && { ...passage, n, passage_id, quote: "" };
  }
}

/** The parts of the app that runs. */
export function services(): Services {
  return getApp<{ services: Services }>().services;
}
