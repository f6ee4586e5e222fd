// A turn as the page draws it: texts and switches, so that no template has to think.
import { aigcOf, citedSources, ended, labelOf } from "./both/exchange";
import { isWay } from "./both/record";
import type { QuizItem } from "./both/wire";
import { cardViews } from "./cards";
import type { CardView } from "./cards";
import { drawable } from "./markdown";
import type { Turn } from "./turns";
import type { Say } from "./words";

export interface SourceView { n: number; title: string; place: string; sample: string; label: string }

export interface TurnView {
  key: string; message: string; isOver: boolean; aigc: string; label: string; body: string; way: string; cards: CardView[];
  sources: SourceView[]; note: string; problem: string; wait: string; quiz: QuizItem[]; canRetry: boolean; canCopy: boolean;
  canRate: boolean; canRepeat: boolean; more: boolean; opinion: Turn["opinion"];
  call: { number: string; text: string }[];
}

/** `writes` tells whether a model does, so that the same question may be answered otherwise. */
export function turnView(turn: Turn, isLatest: boolean, say: Say, writes: boolean, now: number = Date.now()): TurnView {
  const isOver = ended(turn);
  const seconds = Math.max(0, Math.ceil((turn.retryAt - now) / 1_000));
  const isDone = turn.phase === "done";
  return {
    key: turn.key,
    message: turn.message,
    isOver,
    aigc: aigcOf(turn, say),
    label: isOver ? (turn.done?.call?.length ? "" : labelOf(turn, say)) : progressOf(turn, say),
    call: (turn.done?.call ?? []).map((number) => ({ number, text: say("call", number) })),
    body: drawable(turn.text, turn.sources.map(({ n }) => n)),
    way: isWay(turn.courses) ? say("way") : "",
    cards: cardViews(turn.courses, say),
    sources: isOver ? sourceViews(turn, say) : [],
    note: turn.done?.fallback && !turn.done.aigc ? say("fallback") : "",
    problem: problemOf(turn, seconds, say),
    wait: turn.trouble === "limited" && seconds ? say("waitSeconds", seconds) : "",
    quiz: isLatest ? turn.done?.quiz ?? [] : [],
    canRetry: turn.phase === "failed",
    canCopy: isOver && turn.text !== "",
    canRate: isDone && turn.id !== null,
    canRepeat: isDone && isLatest && writes,
    more: isDone && isLatest && Boolean(turn.done?.more),
    opinion: turn.opinion,
  };
}

function progressOf(turn: Turn, say: Say): string {
  if (turn.phase === "reconnecting") return say("reconnecting");
  return say(turn.text ? "writing" : "waiting");
}

function problemOf(turn: Turn, seconds: number, say: Say): string {
  if (turn.phase !== "failed" || !turn.trouble) return "";
  return turn.detail || say(turn.trouble, ...(turn.trouble === "limited" ? [seconds] : []));
}

function sourceViews(turn: Turn, say: Say): SourceView[] {
  return citedSources(turn).map((one) => {
    const place = [one.lesson_title, one.locator].filter(Boolean).join(" · ");
    const sample = one.sample ? say("sample") : "";
    return { n: one.n, title: one.course_title, place, sample, label: [say("openSource"), one.n, one.course_title, place, sample].filter(Boolean).join("，") };
  });
}
