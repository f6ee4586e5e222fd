// What a call throws: a reply that is no good one, or none at all.
import type { Problem } from "./both/wire";
import type { Reply } from "./request";

/** An answer that is not a good one. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
    Object.setPrototypeOf(this, Refused.prototype); // a compiler down to ES5 loses it
  }
}

/** No answer at all: no network, a timeout, or WeChat ended the request of an app in the background. */
export class Lost extends Error {
  constructor(readonly why: string) {
    super(why);
    Object.setPrototypeOf(this, Lost.prototype);
  }
}

/** A reply that is no good one, read as the problem it tells. */
export function refused(reply: Reply): Refused {
  const told = problemIn(reply.text);
  return new Refused({
    status: reply.status,
    title: told.title ?? "",
    detail: told.detail ?? "",
    retryAfter: Number(reply.header("Retry-After")) || 0,
  });
}

function problemIn(text: string): { title?: string; detail?: string } {
  try {
    return JSON.parse(text) as { title?: string; detail?: string };
  } catch {
    return {}; // a gateway's own page
  }
}
