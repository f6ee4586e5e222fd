// A question and its answer, as the portal widget and the mini-program both keep and tell it.
import type { Card, Done, Source } from "./wire";
import type { SayOfBoth } from "./words";

export type Style = "answer" | "hint" | "quiz" | "plan";
export type Phase = "waiting" | "writing" | "reconnecting" | "done" | "failed";

/** Plain data, so that a tab or a phone can keep it. */
export interface Exchange {
  key: string; // of this try, so that a request that is sent twice is answered once
  message: string;
  id: string | null;
  phase: Phase;
  text: string;
  ai: boolean;
  sources: Source[];
  courses: Card[];
  done: Done | null;
  detail: string;
  retryAt: number; // when a question is welcome again, in ms since 1970
  opinion: "" | "up" | "down";
}

export function ended({ phase }: Exchange): boolean {
  return phase === "done" || phase === "failed";
}

/** The numbers that a text cites; code cites nothing. */
export function citedIn(text: string): number[] {
  const found = text.replace(/`[^`\n]+`/g, "").match(/\[\d{1,2}\]/g) ?? [];
  return [...new Set(found.map((one) => Number(one.slice(1, -1))))];
}

export function citedSources({ done, text, sources }: Exchange): Source[] {
  const cited = done?.cited ?? citedIn(text);
  return sources.filter(({ n }) => cited.includes(n));
}

/** The label of text that a model wrote; empty for what is quoted from courses or records. */
export function aigcOf({ ai, done }: Exchange, say: SayOfBoth): string {
  return ai || done?.aigc ? done?.aigc?.notice || say("aigc") : "";
}

/** What an answer is, in words. */
export function labelOf({ ai, courses, done, text }: Exchange, say: SayOfBoth): string {
  if (!done) return text ? say(ai ? "unfinishedAi" : "unfinished") : "";
  switch (done.mode) {
    case "generated": return say(done.grounded ? "generated" : "generatedUnchecked");
    case "extracted": return say(done.aigc ? "generatedThenExtracted" : "extracted");
    case "catalogue": return courses.length ? say("catalogue") : ""; // a greeting is one too
    case "declined": return say("declined");
  }
}

/** An answer to be pasted elsewhere, with its sources and its label. */
export function answerAsText(exchange: Exchange, say: SayOfBoth): string {
  const sources = citedSources(exchange)
    .map((one) => `[${one.n}] ${[one.course_title, one.lesson_title, one.locator, one.as_of, one.url].filter(Boolean).join(" · ")}`);
  const courses = exchange.courses.map((card) => `- ${card.title} ${card.reason ?? ""}`.trim());
  const label = [aigcOf(exchange, say), labelOf(exchange, say)].filter(Boolean).join(" · ");
  return [exchange.text, sources.join("\n"), courses.join("\n"), label && `(${label})`].filter(Boolean).join("\n\n");
}
