// A conversation as text, each answer with what it is: written by AI, quoted, or from the catalogue.
import { citedIn, type Turn } from "./thread";
import type { Say } from "./words";

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

export function answerAsText(turn: Turn, say: Say): string {
  const cited = turn.done?.cited ?? citedIn(turn.text);
  const sources = turn.sources.filter(({ n }) => cited.includes(n))
    .map((one) => `[${one.n}] ${[one.course_title, one.lesson_title, one.locator, one.as_of, one.url].filter(Boolean).join(" · ")}`);
  const label = [turn.ai && (turn.done?.aigc?.notice || say("aigc")), labelOf(turn, say)].filter(Boolean).join(" · ");
  return [turn.text, sources.join("\n"), turn.courses.map((card) => `- ${card.title} ${card.reason ?? ""}`).join("\n"), label && `(${label})`]
    .filter(Boolean).join("\n\n");
}

export function asText(turns: Turn[], say: Say): string {
  const told = turns.map((turn) => `## ${say("you")}\n\n${turn.message}\n\n## ${say("answerOf")}\n\n${answerAsText(turn, say)}`);
  return [`# ${say("transcriptTitle")}`, `${new Date().toLocaleString()} · ${say("notice")}`, ...told, implicitLabel(turns)].filter(Boolean).join("\n\n") + "\n";
}

/** The label that machines read (GB 45438-2025), of the last answer that a model wrote. */
function implicitLabel(turns: Turn[]): string {
  const aigc = turns.map((turn) => turn.done?.aigc).filter(Boolean).at(-1);
  if (!aigc) return "";
  const label = {
    Label: aigc.label, ContentProducer: aigc.producer, ProduceID: aigc.produce_id, ReservedCode1: "",
    ContentPropagator: aigc.producer, PropagateID: aigc.produce_id, ReservedCode2: "",
  };
  return `<!-- ${JSON.stringify({ AIGC: label })} -->`;
}

export function download(name: string, text: string, kind = "text/markdown"): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: `${kind};charset=utf-8` }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
