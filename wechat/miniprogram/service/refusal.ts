// A reply that is no good one, read as the problem it tells.
import type { Reply } from "./request";
import { Refused } from "./wire";

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
