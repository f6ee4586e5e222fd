// The passage behind a citation, opened in place, with what is quoted of it marked where it stands.
import { html, nothing, type TemplateResult } from "lit";
import { sampleTag } from "./cards";
import type { Say } from "./words";
import type { Passage, Source } from "../../wechat/miniprogram/service/both/wire";

/** `passage` is undefined while it is fetched, and null where it cannot be had. */
export function sourceView(source: Source, passage: Passage | null | undefined, say: Say, close: () => void): TemplateResult {
  const heading = (passage?.heading_path ?? []).join(" › ");
  const facts: [string, string | TemplateResult][] = [[say("lesson"), source.lesson_title]];
  if (source.locator) facts.push([say("locator"), source.locator]);
  facts.push([say("asOf"), source.as_of ?? say("unknown")]);
  if (source.expired) facts.push([say("expired"), source.expired]);
  if (source.url && /^https:\/\//.test(source.url)) {
    facts.push([say("original"), html`<a href=${source.url} target="_blank" rel="noopener noreferrer">${source.url}</a>`]);
  }
  if (heading && heading !== source.locator) facts.push([say("heading"), heading]);
  const shown = passage ? marked(passage.text, source.quote) : null;
  return html`
    <div class="source-head"><h3 id="source-title">[${source.n}] ${source.course_title} ${sampleTag(source, say)}</h3>
      <button type="button" class="close" @click=${close}>${say("close")}</button></div>
    <div class="inside"><dl class="facts">${facts.map(([name, fact]) => html`<div><dt>${name}</dt><dd>${fact}</dd></div>`)}</dl>
    ${source.quote && passage !== undefined && !shown ? html`<blockquote>${source.quote}</blockquote>` : nothing}
    <h4>${say("passage")}</h4>
    <div class="passage" role="region" tabindex="0" aria-label=${say("passage")}>${
      passage === undefined ? say("loading") : passage === null ? say("noPassage") : shown ?? passage.text}</div></div>`;
}

/** The text with the lines of the quote marked; null where none of them stands in it. */
function marked(text: string, quote: string): TemplateResult | null {
  const spots: [number, number][] = [];
  for (const line of quote.split("\n").map((line) => line.trim()).filter(Boolean)) {
    const last = spots.at(-1);
    const at = text.indexOf(line, last?.[1] ?? 0);
    if (at < 0) continue;
    if (last && !text.slice(last[1], at).trim()) last[1] = at + line.length;
    else spots.push([at, at + line.length]);
  }
  if (!spots.length) return null;
  return html`${spots.map(([from, to], at) => html`${text.slice(spots[at - 1]?.[1] ?? 0, from)}<mark>${text.slice(from, to)}</mark>`)}${text.slice(spots.at(-1)![1])}`;
}

export function scrollToMark(dialog: HTMLElement): void {
  const inside = dialog.querySelector(".inside");
  const mark = inside?.querySelector("mark");
  if (inside && mark) inside.scrollTop += mark.getBoundingClientRect().top - inside.getBoundingClientRect().top - inside.clientHeight / 4;
}
