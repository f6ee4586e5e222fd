// Course cards and the way they make. What a record does not say is not said here either.
import { html, nothing, type TemplateResult } from "lit";
import type { Card, Offering } from "./wire";
import type { Say, Word } from "./words";

const SESSIONS_SHOWN = 2;

/** Where a card's course is opened; null where there is nothing to open. */
export type CourseLink = (card: Card) => string | null;

export function courseCards(cards: Card[], say: Say, link: CourseLink, opened: (event: Event, card: Card) => void): TemplateResult {
  const isWay = cards.length > 0 && cards.every((card) => card.step);
  const shown = cards.map((card) => html`<li class="course ${card.step?.status ?? ""}">
    ${card.step ? html`<span class="nth" aria-hidden="true">${card.step.status === "done" ? "✓" : card.step.number}</span>` : nothing}
    <div>${cardOf(card, say, link, opened)}</div></li>`);
  return isWay
    ? html`<section class="way"><h4>${say("way")}</h4><ol class="courses">${shown}</ol></section>`
    : html`<ul class="courses">${shown}</ul>`;
}

function cardOf(card: Card, say: Say, link: CourseLink, opened: (event: Event, card: Card) => void): TemplateResult {
  const href = link(card);
  const title = href
    ? html`<a href=${href} target=${/^https?:/.test(href) ? "_blank" : nothing} rel="noopener noreferrer" @click=${(event: Event) => opened(event, card)}>${card.title}</a>`
    : card.title;
  return html`
    <h4>${title} ${sampleTag(card, say)}</h4>
    ${card.step && card.step.status !== "open" ? html`<p class="reason">${say(card.step.status === "done" ? "stepDone" : "stepAgain")}</p>` : nothing}
    ${card.reason ? html`<p class="reason">${card.reason}</p>` : nothing}
    ${card.summary && !card.step ? html`<p>${card.summary}</p>` : nothing}
    <dl class="facts">${factsOf(card, say).map(([name, fact]) => html`<div><dt>${say(name)}</dt><dd class=${fact ? "" : "unknown"}>${fact || say("unknown")}</dd></div>`)}</dl>
    ${nextSessions(card.offerings ?? []).map((one) => html`<p class="session"><b>${say("session")}</b> ${sessionOf(one, say)}</p>`)}`;
}

export function sampleTag({ sample }: { sample: boolean }, say: Say): TemplateResult | typeof nothing {
  return sample ? html`<span class="sample">${say("sample")}</span>` : nothing;
}

function factsOf({ provider, level, hours, credits, price, delivery, step }: Card, say: Say): [Word, string][] {
  const facts: [Word, string][] = [
    ["provider", provider ?? ""],
    ["level", level === null ? "" : String(level)],
    ["hours", hours === null ? "" : String(hours)],
    ["credits", credits === null ? "" : String(credits)],
    ["price", price ? (price.amount === 0 ? say("free") : `${price.amount}\u00a0${price.currency === "CNY" ? say("yuan") : price.currency}`) : ""],
    ["delivery", delivery ? say(delivery === "offline" ? "offlineCourse" : (delivery as Word)) : ""],
  ];
  // On a way of many steps only what is known is said; a card by itself says what its record leaves open.
  return step ? facts.filter(([, fact]) => fact) : facts;
}

function nextSessions(offerings: Offering[]): Offering[] {
  const today = new Date().toLocaleDateString("sv"); // Swedish dates are ISO dates
  return offerings
    .filter((one) => (one.city || one.address) && (!one.start || one.start >= today))
    .sort((one, other) => (one.start ?? "9").localeCompare(other.start ?? "9"))
    .slice(0, SESSIONS_SHOWN);
}

function sessionOf({ start, city, district, address, seats, step_free }: Offering, say: Say): string {
  return [
    start ?? say("dateUnknown"),
    [city, district, address].filter(Boolean).join(" "),
    seats !== null && `${say("seats")} ${seats}`,
    step_free !== null && say(step_free ? "stepFree" : "steps"),
  ].filter(Boolean).join("\u00a0· ");
}
