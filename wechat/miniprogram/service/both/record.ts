// What a course's record says, in words. What it does not say is not said here either.
import type { Card, Offering } from "./wire";
import type { SayOfBoth, WordOfBoth } from "./words";

const SESSIONS_SHOWN = 2;

/** Whether the cards are the steps of a way. */
export function isWay(cards: Card[]): boolean {
  return cards.length > 0 && cards.every((card) => card.step);
}

/** Names and what is on record; empty what is not. */
export function factsOf({ provider, level, hours, credits, price, delivery, step }: Card, say: SayOfBoth): [WordOfBoth, string][] {
  const facts: [WordOfBoth, string][] = [
    ["provider", provider ?? ""],
    ["level", told(level)],
    ["hours", told(hours)],
    ["credits", told(credits)],
    ["price", price ? (price.amount === 0 ? say("free") : `${price.amount}\u00a0${price.currency === "CNY" ? say("yuan") : price.currency}`) : ""],
    ["delivery", delivery ? say(delivery === "offline" ? "offlineCourse" : delivery) : ""],
  ];
  // On a way of many steps only what is known is said; a card by itself says what its record leaves open.
  return step ? facts.filter(([, fact]) => fact) : facts;
}

/** The next sessions that somebody could go to. */
export function sessionsOf(offerings: Offering[], say: SayOfBoth, most = SESSIONS_SHOWN): string[] {
  const today = localDay(new Date());
  return offerings
    .filter((one) => (one.city || one.address) && (!one.start || one.start >= today))
    .sort((one, other) => ((one.start ?? "9") < (other.start ?? "9") ? -1 : 1))
    .slice(0, most)
    .map((one) => sessionOf(one, say));
}

function sessionOf({ start, city, district, address, seats, step_free }: Offering, say: SayOfBoth): string {
  return [
    start ?? say("dateUnknown"),
    [city, district, address].filter(Boolean).join(" "),
    seats !== null && `${say("seats")} ${seats}`,
    step_free !== null && say(step_free ? "stepFree" : "steps"),
  ].filter(Boolean).join("\u00a0· ");
}

function told(figure: number | null | undefined): string {
  return figure === null || figure === undefined ? "" : String(figure);
}

// Not by toLocaleDateString: a phone may have no Intl.
function localDay(now: Date): string {
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}
