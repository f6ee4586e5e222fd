// Sources: the list under an answer, and the dialog that opens one in place.
import { knock } from "./door.js";
import { button, element } from "./element.js";
import { word } from "./words.js";

const dialog = document.querySelector("#source");

export function sampleTag({ sample }) {
  return sample ? element("span", "sample", word("sample")) : null;
}

export function citation(source) {
  const cite = button("cite", () => openSource(source), String(source.n));
  cite.setAttribute("aria-label", `${word("openSource")} ${source.n}: ${source.lesson_title} ${source.locator}`);
  return cite;
}

export function sourceList(sources) {
  return element("section", "sources", element("h3", "", word("sources")), element("ol", "", ...sources.map((source) =>
    element("li", "", button("", () => openSource(source),
      element("span", "number", String(source.n)),
      element("span", "", element("b", "", source.course_title), " ", sampleTag(source),
        element("span", "place", [source.lesson_title, source.locator].filter(Boolean).join(" · "))))))));
}

async function openSource(source) {
  const passage = element("div", "passage", word("loading"));
  passage.tabIndex = 0;
  passage.setAttribute("aria-label", word("passage"));
  passage.setAttribute("role", "region");
  const facts = element("dl", "facts", ...factsOf(source));
  dialog.querySelector("h2").replaceChildren(`[${source.n}] ${source.course_title} `, sampleTag(source) ?? "");
  dialog.querySelector(".content").replaceChildren(
    facts, element("blockquote", "", source.quote), element("h3", "", word("passage")), passage,
  );
  dialog.showModal();
  const whole = await passageOf(source.passage_id);
  if (!whole) return passage.replaceChildren(word("noPassage"));
  const heading = (whole.heading_path ?? []).join(" › ");
  if (heading && heading !== source.locator) facts.append(fact("heading", heading));
  passage.replaceChildren(...marked(whole.text, source.quote));
  const mark = passage.querySelector("mark");
  if (mark) passage.scrollTop = mark.offsetTop - passage.offsetTop - passage.clientHeight / 3;
}

function factsOf({ lesson_title, locator, as_of, url }) {
  return [
    fact("lesson", lesson_title),
    locator && fact("locator", locator),
    fact("asOf", as_of ?? word("unknown")),
    url && URL.canParse(url) && new URL(url).protocol === "https:" && fact("original", linkTo(url)),
  ].filter(Boolean);
}

function fact(name, value) {
  return element("div", "", element("dt", "", word(name)), element("dd", "", value));
}

function linkTo(url) {
  const link = element("a", "", url);
  Object.assign(link, { href: url, target: "_blank", rel: "noopener noreferrer" });
  return link;
}

async function passageOf(id) {
  try {
    const response = await knock(`/v1/passages/${encodeURIComponent(id)}`);
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

function marked(text, quote) {
  const at = quote ? text.indexOf(quote) : -1;
  return at < 0 ? [text] : [text.slice(0, at), element("mark", "", quote), text.slice(at + quote.length)];
}
