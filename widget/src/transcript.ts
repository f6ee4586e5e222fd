// A conversation as text, each answer with what it is: written by AI, quoted, or from the catalogue.
import type { Turn } from "./thread";
import type { Say } from "./words";
import { answerAsText } from "../../wechat/miniprogram/service/both/exchange";

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
