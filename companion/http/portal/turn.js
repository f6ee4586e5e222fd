// One question and its answer, as they stand on the page.
import { courseCards } from "./courses.js";
import { button, element } from "./element.js";
import { show } from "./markdown.js";
import { citation, sourceList } from "./sources.js";
import { word } from "./words.js";

export class Turn {
  ended = false;
  id = null;
  last = "0"; // the number of the event that came last
  #text = "";
  #sources = [];
  #frame = 0;
  #state = element("p", "state waiting", word("waiting"));
  #body = element("div", "body");
  #answer = element("div", "answer", this.#state, this.#body);

  constructor(message, { announce, retry }) {
    this.root = element("article", "turn", element("h2", "asked", message), this.#answer);
    this.announce = announce;
    this.retry = retry;
    announce(word("waiting"));
  }

  take(event, data, number) {
    this.last = number;
    if (event === "turn") this.id = data.turn_id;
    if (event === "sources") this.#sources = data.sources;
    if (event === "courses" && data.courses.length) this.#answer.append(courseCards(data.courses));
    if (event === "text") this.#add(data.text, data.ai);
    if (event === "done") this.#finish(data);
    if (event === "error") this.fail(data.title, data.detail);
  }

  /** End without `done`. What was received stays, marked as unfinished, since nobody has said what it is. */
  fail(title, detail = "", kind = "problem") {
    const unfinished = this.#text ? word("unfinished") : "";
    this.#end(unfinished, this.#citedInText());
    this.#answer.append(element("div", kind,
      element("p", "", element("b", "", title), detail && ` ${detail}`),
      button("retry", () => this.retry(this.root), word("retry"))));
    this.announce(`${title} ${detail}`);
  }

  #finish({ mode, grounded, cited, fallback, aigc }) {
    const hasCourses = this.#answer.querySelector(".courses");
    const label = {
      generated: word(grounded ? "generated" : "generatedUnchecked"),
      extracted: word(aigc ? "generatedThenExtracted" : "extracted"),
      catalogue: hasCourses ? word("catalogue") : "", // a greeting is one too
      declined: word("declined"),
    }[mode];
    this.#end(label, cited ?? this.#citedInText());
    if (aigc) this.#state.prepend(element("span", "aigc", aigc.notice || word("aigc")));
    if (fallback && !aigc) this.#answer.append(element("p", "note", word("fallback")));
    this.announce(word("finished"));
  }

  #end(label, cited) {
    this.ended = true;
    this.#draw();
    this.#state.classList.remove("waiting");
    this.#state.replaceChildren(label ?? "");
    const sources = this.#sources.filter(({ n }) => cited.includes(n));
    if (sources.length) this.#answer.append(sourceList(sources));
  }

  #add(text, ai) {
    if (!this.#text) this.#state.replaceChildren(...(ai ? [element("span", "aigc", word("aigc"))] : []), word("writing"));
    this.#text += text;
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const focused = this.#citations().indexOf(document.activeElement);
    show(this.#body, this.#text, (n) => {
      const source = this.#sources.find((one) => one.n === n);
      return source && citation(source);
    });
    if (focused >= 0) this.#citations()[focused]?.focus({ preventScroll: true }); // its paragraph may have been redrawn
  }

  #citations() {
    return [...this.#body.querySelectorAll(".cite")];
  }

  #citedInText() {
    return [...this.#text.matchAll(/\[(\d{1,2})\]/g)].map(([, n]) => Number(n));
  }
}
