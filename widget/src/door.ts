// Every call to the service. Where visitors have to say who they are, a token is asked for and kept for this tab.
import { createParser, type EventSourceMessage } from "eventsource-parser";
import type { About, Problem } from "../../wechat/miniprogram/service/both/wire";

/** The portal's own access token for who is signed in there; null for visitors. */
export type AccessToken = () => Promise<string | null> | string | null;

const KEPT = "learning-companion-session";

export class Door {
  accessToken: AccessToken | null = null;
  /** The terms that the visitor agreed to, by their version. */
  consent: string | null = null;
  /** Whether the last call was that of somebody signed in on the portal. */
  isSignedIn = false;
  #about: Promise<About | null> | null = null;
  #admitting: Promise<boolean> | null = null;
  #visitor: string | null;

  constructor(readonly base: string) {
    this.#visitor = recalled(`${KEPT} ${base}`);
  }

  /** Fetch a path of the service, with whose token there is; one that has ended is asked for anew, once. */
  async knock(path: string, options: RequestInit & { headers?: Record<string, string> } = {}): Promise<Response> {
    const theirs = (await this.accessToken?.()) ?? null;
    this.isSignedIn = !!theirs;
    // Where visitors get a token it is asked for before the first call, not after a refusal.
    if (!theirs && !this.#visitor && (await this.about())?.visitors) await this.#admitted();
    const go = (token: string | null) => fetch(this.base + path, { ...options, headers: bearing(options.headers, token) });
    const response = await go(theirs ?? this.#visitor);
    if (response.status !== 401) return response;
    if (!theirs) return (await this.#admitted()) ? go(this.#visitor) : response;
    const renewed = (await this.accessToken?.()) ?? null;
    return renewed && renewed !== theirs ? go(renewed) : response;
  }

  /** Who is signed in on the portal, by the subject of the token; empty for visitors, and as `before` while nobody can tell. */
  async whose(before: string | null): Promise<string | null> {
    let token;
    try { token = await this.accessToken?.(); } catch { return before; }
    try { return String(JSON.parse(atob(token!.split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/"))).sub); } catch { return ""; }
  }

  /** Who answers here, asked once; null while that cannot be had. */
  about(): Promise<About | null> {
    this.#about ??= fetch(`${this.base}/v1/about`).then((response) => (response.ok ? (response.json() as Promise<About>) : null)).catch(() => null)
      .then((told) => { if (!told) this.#about = null; return told; });
    return this.#about;
  }

  /** The JSON of an answer. Throws Refused. */
  async json<T>(path: string, method = "GET", body?: unknown): Promise<T> {
    const headers: Record<string, string> = body === undefined ? {} : { "Content-Type": "application/json" };
    const response = await this.knock(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    if (!response.ok) throw await refused(response);
    return (response.status === 204 ? null : await response.json()) as T;
  }

  /** Tell that the learner agrees to the terms of this version. */
  async agree(version: string): Promise<void> {
    this.consent = version;
    if (await this.accessToken?.()) await this.json("/v1/learners/me", "PATCH", { consent_version: version });
    else if (!(await this.#admitted())) this.consent = null;
  }

  /** Forget who the visitor was, and what they agreed to. */
  forget(): void {
    this.consent = null;
    this.#visitor = null;
    keep(`${KEPT} ${this.base}`, null);
  }

  /** One token, however many calls wait for it: two would be two visitors. */
  #admitted(): Promise<boolean> {
    this.#admitting ??= this.#admit().finally(() => { this.#admitting = null; });
    return this.#admitting;
  }

  async #admit(): Promise<boolean> {
    // The token before tells that this is the same visitor, also when it has ended.
    const agreed = this.consent ? { headers: bearing({ "Content-Type": "application/json" }, this.#visitor), body: JSON.stringify({ consent_version: this.consent }) } : { headers: bearing({}, this.#visitor) };
    const response = await fetch(`${this.base}/v1/sessions`, { method: "POST", ...agreed });
    if (!response.ok) return false;
    this.#visitor = ((await response.json()) as { token: string }).token;
    keep(`${KEPT} ${this.base}`, this.#visitor);
    return true;
  }
}

/** The server-sent events of a response, however its bytes are cut. What was not ended when the stream closed is dropped. */
export async function* eventsOf(response: Response): AsyncGenerator<{ event: string; data: unknown; id: string }> {
  const arrived: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => arrived.push(event) });
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      for (const { event, data, id } of arrived.splice(0)) yield { event: event ?? "message", data: JSON.parse(data), id: id ?? "0" };
    }
  } finally {
    reader.cancel().catch(() => {}); // a connection already lost cannot be closed
  }
}

/** An answer that is not a good one. */
export class Refused extends Error {
  constructor(readonly problem: Problem) { super(problem.detail); }
}

export async function refused(response: Response): Promise<Refused> {
  const told = (await response.json().catch(() => ({}))) as { title?: string; detail?: string };
  const retryAfter = Number(response.headers.get("Retry-After") ?? 0) || 0;
  return new Refused({ status: response.status, title: told.title ?? "", detail: told.detail ?? "", retryAfter });
}

/** What this tab keeps; a private window may keep nothing. */
export function recalled(key: string): string | null {
  try { return sessionStorage.getItem(key); } catch { return null; }
}

export function keep(key: string, value: string | null, where: "tab" | "browser" = "tab"): void {
  try {
    const storage = where === "tab" ? sessionStorage : localStorage;
    if (value === null) storage.removeItem(key); else storage.setItem(key, value);
  } catch { /* full, or a private window */ }
}

export function preferred(key: string): string | null {
  try { return localStorage.getItem(key); } catch { return null; }
}

function bearing(headers: Record<string, string> | undefined, token: string | null): Record<string, string> {
  return token ? { ...headers, Authorization: `Bearer ${token}` } : { ...headers };
}
