// Course cards and the way they make.
import { html, nothing, type TemplateResult } from "lit";
import type { Say } from "./words";
import { factsOf, isWay, sessionsOf } from "../../wechat/miniprogram/service/both/record";
import type { Card } from "../../wechat/miniprogram/service/both/wire";

/** Where a card's course is opened; null where there is nothing to open. */
export type CourseLink = (card: Card) => string | null;

export function courseCards(cards: Card[], say: Say, link: CourseLink, opened: (event: Event, card: Card) => void): TemplateResult {
  const shown = cards.map((card) => html`<li class="course ${card.step?.status ?? ""}">
    ${card.step ? html`<span class="nth" aria-hidden="true">${card.step.status === "done" ? "✓" : card.step.number}</span>` : nothing}
    <div>${cardOf(card, say, link, opened)}</div></li>`);
  return isWay(cards)
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
    ${sessionsOf(card.offerings ?? [], say).map((one) => html`<p class="session"><b>${say("session")}</b> ${one}</p>`)}`;
}

export function sampleTag({ sample }: { sample: boolean }, say: Say): TemplateResult | typeof nothing {
  return sample ? html`<span class="sample">${say("sample")}</span>` : nothing;
}
