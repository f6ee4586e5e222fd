// Every call to the service, with the learner's token; one that has ended is renewed once.
import type { About, TurnEvent } from "./both/wire";
import { EventStream } from "./event-stream";
import { refused, Refused } from "./refusal";
import { send } from "./request";
import type { Asked, Method, Reply, Sending } from "./request";
import type { SignIn } from "./sign-in";

export class Door {
  private told: Promise<About> | null = null;

  constructor(readonly base: string, readonly signIn: SignIn) {}

  /** The JSON of an answer, null where it has no body. Throws Refused and Lost. */
  async json<T>(path: string, method: Method = "GET", body?: unknown): Promise<T> {
    return JSON.parse((await this.text(path, method, body)) || "null") as T;
  }

  /** The same as it came. */
  async text(path: string, method: Method = "GET", body?: unknown): Promise<string> {
    const reply = await this.knock((header) => send(this.base + path, { method, header, body }));
    if (reply.status >= 400) throw refused(reply);
    return reply.text;
  }

  /**
   * Hand on the events of a turn as they come; they may come twice, with the same numbers: in pieces, and all again at the
   * end. `begun` gets what ends the request. Throws Refused and Lost.
   */
  async events(path: string, asked: Asked, take: (event: TurnEvent) => void, begun: (abort: () => void) => void): Promise<void> {
    const reply = await this.knock((header) => {
      const stream = new EventStream();
      const sending = send(this.base + path, {
        ...asked,
        header: { ...asked.header, ...header, Accept: "text/event-stream" },
        onBytes: (bytes) => stream.push(bytes).forEach(take),
      });
      begun(sending.abort);
      return sending;
    });
    if (reply.status >= 400) throw refused(reply);
    new EventStream().push(reply.bytes).forEach(take);
  }

  /** Who answers here, asked once unless `anew`; who asks need not be known for it. Throws Refused and Lost. */
  about(anew = false): Promise<About> {
    if (anew) this.told = null;
    this.told ??= send(`${this.base}/v1/about`, {}).reply.then((reply) => {
      if (reply.status >= 400) throw refused(reply);
      return JSON.parse(reply.text) as About;
    });
    this.told.catch(() => { this.told = null; });
    return this.told;
  }

  private async knock(go: (header: Record<string, string>) => Sending): Promise<Reply> {
    const reply = await go(bearing(await this.signIn.token())).reply;
    return reply.status === 401 ? go(bearing(await this.renewed())).reply : reply;
  }

  private async renewed(): Promise<string> {
    const token = await this.signIn.renew();
    if (!token) throw new Refused({ status: 401, title: "", detail: "", retryAfter: 0 });
    return token;
  }
}

function bearing(token: string | null): Record<string, string> {
  return token ? { Authorization: `Bearer ${token}` } : {};
}
