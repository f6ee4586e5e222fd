// Courses as the page draws them.
import { factsOf, sessionsOf } from "./both/record";
import type { Card, Course } from "./both/wire";
import type { Say, Word } from "./words";

export interface Fact { name: string; value: string; isUnknown: boolean }

export interface CardView {
  id: string; title: string; sample: string; reason: string; summary: string; step: string; stepState: string; facts: Fact[];
  sessions: string[]; label: string;
}

export function cardViews(cards: Card[], say: Say): CardView[] {
  return cards.map((card) => cardView(card, say));
}

/** All that the page of a course tells. */
export function recordFacts(course: Course, say: Say): Fact[] {
  const more: [Word, string][] = [
    ["skills", course.skills.join("、")],
    ["prerequisites", course.prerequisites.join("、")],
    ["validUntil", course.valid_until ?? ""],
    ["asOfRecord", (course.updated_at ?? "").slice(0, 10)],
  ];
  return [...factsOf(course, say), ...more.filter(([, value]) => value)].map((one) => fact(one, say));
}

function cardView(card: Card, say: Say): CardView {
  const { step } = card;
  const state = step && step.status !== "open" ? say(step.status === "done" ? "stepDone" : "stepAgain") : "";
  return {
    id: card.course_id,
    title: card.title,
    sample: card.sample ? say("sample") : "",
    reason: card.reason ?? "",
    summary: step ? "" : card.summary ?? "",
    step: step ? (step.status === "done" ? "✓" : String(step.number)) : "",
    stepState: state,
    facts: factsOf(card, say).map((one) => fact(one, say)),
    sessions: sessionsOf(card.offerings ?? [], say),
    label: [say("openCourse"), step ? `${step.number}/${step.of}` : "", card.title, state, card.reason ?? ""].filter(Boolean).join("，"),
  };
}

function fact([name, value]: [Word, string], say: Say): Fact {
  return { name: say(name), value: value || say("unknown"), isUnknown: !value };
}
