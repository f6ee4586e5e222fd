// What a course's record says, in words. What it does not say is not said here either.
import type { Card, Course, Offering } from "./wire";
import type { Say, Word } from "./words";

export interface Fact { name: string; value: string; isUnknown: boolean }

export interface CardView {
  id: string; title: string; sample: string; reason: string; summary: string; step: string; stepState: string; facts: Fact[];
  sessions: string[]; label: string;
}

const SESSIONS_SHOWN = 2;

export function cardViews(cards: Card[], say: Say): CardView[] {
  return cards.map((card) => cardView(card, say));
}

/** Whether the cards are the steps of a way. */
export function isWay(cards: Card[]): boolean {
  return cards.length > 0 && cards.every((card) => card.step);
}

export function factsOf({ provider, level, hours, credits, price, delivery, step }: Card, say: Say): Fact[] {
  const facts: [Word, string][] = [
    ["provider", provider ?? ""],
    ["level", told(level)],
    ["hours", told(hours)],
    ["credits", told(credits)],
    ["price", price ? (price.amount === 0 ? say("free") : `${price.amount} ${price.currency === "CNY" ? say("yuan") : price.currency}`) : ""],
    ["delivery", delivery ? say(delivery === "offline" ? "offlineCourse" : delivery) : ""],
  ];
  const all = facts.map(([name, value]) => fact(name, value, say));
  // On a way of many steps only what is known is said; a card by itself says what its record leaves open.
  return step ? all.filter((one) => !one.isUnknown) : all;
}

/** All that the page of a course tells. */
export function recordFacts(course: Course, say: Say): Fact[] {
  const more: [Word, string][] = [
    ["skills", course.skills.join("、")],
    ["prerequisites", course.prerequisites.join("、")],
    ["validUntil", course.valid_until ?? ""],
    ["asOfRecord", (course.updated_at ?? "").slice(0, 10)],
  ];
  return [...factsOf(course, say), ...more.filter(([, value]) => value).map(([name, value]) => fact(name, value, say))];
}

export function sessionsOf(offerings: Offering[], say: Say, most = SESSIONS_SHOWN): string[] {
  const today = localDay(new Date());
  return offerings
    .filter((one) => (one.city || one.address) && (!one.start || one.start >= today))
    .sort((one, other) => ((one.start ?? "9") < (other.start ?? "9") ? -1 : 1))
    .slice(0, most)
    .map((one) => sessionOf(one, say));
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
    facts: factsOf(card, say),
    sessions: sessionsOf(card.offerings ?? [], say),
    label: [say("openCourse"), step ? `${step.number}/${step.of}` : "", card.title, state, card.reason ?? ""].filter(Boolean).join("，"),
  };
}

function sessionOf({ start, city, district, address, seats, step_free }: Offering, say: Say): string {
  return [
    start ?? say("dateUnknown"),
    [city, district, address].filter(Boolean).join(" "),
    seats !== null && `${say("seats")} ${seats}`,
    step_free !== null && say(step_free ? "stepFree" : "steps"),
  ].filter(Boolean).join(" · ");
}

function fact(name: Word, value: string, say: Say): Fact {
  return { name: say(name), value: value || say("unknown"), isUnknown: !value };
}

function told(figure: number | null | undefined): string {
  return figure === null || figure === undefined ? "" : String(figure);
}

function localDay(now: Date): string {
  const two = (part: number): string => String(part).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
