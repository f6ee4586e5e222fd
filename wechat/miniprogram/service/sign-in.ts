// Who is asking: WeChat's code for a token of ours. WeChat's session key never comes here, and is never asked for.
import { keep, recalled } from "./kept";
import { Lost, refused } from "./refusal";
import { send } from "./request";

interface Token { token: string; until: number }

const KEPT = "companion-session";
const EARLY_MS = 30_000; // a token about to end is renewed before it is shown

export class SignIn {
  private renewing: Promise<string | null> | null = null;
  private isOpen = false;

  /** `consent` is the version of the terms that the learner agreed to, empty when that was taken back. */
  constructor(private readonly base: string, private readonly consent: () => string | null) {}

  /** The token that holds, asked for where there is none; null where nobody has to say who they are. */
  token(): Promise<string | null> {
    if (this.isOpen) return Promise.resolve(null);
    const kept = recalled<Token>(this.key);
    return kept && kept.until > Date.now() ? Promise.resolve(kept.token) : this.renew();
  }

  /** A new token, one however many calls wait for it. Throws Refused and Lost. */
  renew(): Promise<string | null> {
    this.renewing ??= this.admit().then(
      (token) => { this.renewing = null; return token; },
      (error) => { this.renewing = null; throw error; },
    );
    return this.renewing;
  }

  /** A token that carries what the learner agreed to just now; one that is on its way was asked for before. */
  async renewAfterwards(): Promise<string | null> {
    await this.renewing?.catch(() => null);
    return this.renew();
  }

  forget(): void {
    keep(this.key, null);
  }

  private get key(): string { return `${KEPT} ${this.base}`; }

  private async admit(): Promise<string | null> {
    this.forget();
    const consent = this.consent();
    const body = { code: await code(), ...(consent === null ? {} : { consent_version: consent }) };
    const reply = await send(`${this.base}/v1/sessions/wechat`, { method: "POST", body }).reply;
    this.isOpen = reply.status === 404 || reply.status === 405; // no such door, as on an administrator's own machine
    if (this.isOpen) return null;
    if (reply.status >= 400) throw refused(reply);
    const { token, expires_in } = JSON.parse(reply.text) as { token: string; expires_in: number };
    const kept: Token = { token, until: Date.now() + expires_in * 1_000 - EARLY_MS };
    keep(this.key, kept);
    return token;
  }
}

/** WeChat's code: for one use, within five minutes. */
function code(): Promise<string> {
  return new Promise((resolve, reject) => {
    wx.login({ success: (given) => resolve(given.code), fail: ({ errMsg }) => reject(new Lost(errMsg)) });
  });
}
