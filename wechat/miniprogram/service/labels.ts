// What an answer is: written by AI, quoted, or from the catalogue; on the page, and in what is copied from it.
import { citedIn } from "./turns";
import type { Turn } from "./turns";
import type { Say } from "./words";

/** The label of text that a model wrote; empty for what is quoted from courses or records. */
export function aigcOf(turn: Turn, say: Say): string {
  return turn.ai || turn.done?.aigc ? turn.done?.aigc?.notice || say("aigc") : "";
}

/** What an answer is, in words. */
export function labelOf(turn: Turn, say: Say): string {
  const { done } = turn;
  if (!done) return turn.text ? say(turn.ai ? "unfinishedAi" : "unfinished") : "";
  switch (done.mode) {
    case "generated": return say(done.grounded ? "generated" : "generatedUnchecked");
    case "extracted": return say(done.aigc ? "generatedThenExtracted" : "extracted");
    case "catalogue": return turn.courses.length ? say("catalogue") : ""; // a greeting is one too
    case "declined": return say("declined");
  }
}

/** An answer to be pasted elsewhere, with its sources and its label. */
export function answerAsText(turn: Turn, say: Say): string {
  const cited = turn.done?.cited ?? citedIn(turn.text);
  const sources = turn.sources.filter(({ n }) => cited.includes(n))
    .map((one) => `[${one.n}] ${[one.course_title, one.lesson_title, one.locator, one.as_of, one.url].filter(Boolean).join(" · ")}`);
  const courses = turn.courses.map((card) => `- ${card.title} ${card.reason ?? ""}`.trim());
  const label = [aigcOf(turn, say), labelOf(turn, say)].filter(Boolean).join(" · ");
  return [turn.text, sources.join("\n"), courses.join("\n"), label && `(${label})`].filter(Boolean).join("\n\n");
}
