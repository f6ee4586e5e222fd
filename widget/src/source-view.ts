// The passage behind a citation, opened in place.
import { html, nothing, type TemplateResult } from "lit";
import { sampleTag } from "./cards";
import type { Passage, Source } from "./wire";
import type { Say } from "./words";

/** `passage` is undefined while it is fetched, and null where it cannot be had. */
export function sourceView(source: Source, passage: Passage | null | undefined, say: Say): TemplateResult {
  const heading = (passage?.heading_path ?? []).join(" › ");
  const facts: [string, string | TemplateResult][] = [[say("lesson"), source.lesson_title]];
  if (source.locator) facts.push([say("locator"), source.locator]);
  facts.push([say("asOf"), source.as_of ?? say("unknown")]);
  if (source.expired) facts.push([say("expired"), source.expired]);
  if (source.url && /^https:\/\//.test(source.url)) {
    facts.push([say("original"), html`<a href=${source.url} target="_blank" rel="noopener noreferrer">${source.url}</a>`]);
  }
  if (heading && heading !== source.locator) facts.push([say("heading"), heading]);
  return html`
    <h3 id="source-title">[${source.n}] ${source.course_title} ${sampleTag(source, say)}</h3>
    <dl class="facts">${facts.map(([name, fact]) => html`<div><dt>${name}</dt><dd>${fact}</dd></div>`)}</dl>
    ${source.quote ? html`<blockquote>${source.quote}</blockquote>` : nothing}
    <h4>${say("passage")}</h4>
    <div class="passage" role="region" tabindex="0" aria-label=${say("passage")}>${
      passage === undefined ? say("loading") : passage === null ? say("noPassage") : marked(passage.text, source.quote)}</div>`;
}

function marked(text: string, quote: string): TemplateResult {
  const at = quote ? text.indexOf(quote) : -1;
  return at < 0 ? html`${text}` : html`${text.slice(0, at)}<mark>${quote}</mark>${text.slice(at + quote.length)}`;
}

export function scrollToMark(root: ParentNode): void {
  const passage = root.querySelector<HTMLElement>(".passage");
  const mark = passage?.querySelector<HTMLElement>("mark");
  if (passage && mark) passage.scrollTop = mark.offsetTop - passage.offsetTop - passage.clientHeight / 3;
}
