// One question and its answer, as they stand in the thread.
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { courseCards, type CourseLink, sampleTag } from "./cards";
import { type Cite, Growing } from "./markdown";
import { canRead, hush, read } from "./speech";
import type { Turn } from "./thread";
import type { Locale, Say, Word } from "./words";
import { aigcOf, answerAsText, citedSources, ended, labelOf } from "../../wechat/miniprogram/service/both/exchange";
import type { Card, QuizItem, Source } from "../../wechat/miniprogram/service/both/wire";

const LETTERS = "ABCDEFGHIJKL";

const REASONS = ["wrong", "incomplete", "not_my_question", "outdated", "unclear", "unsafe", "no_course"] as const;

/** What a turn can ask of the widget it stands in. */
export interface Host {
  say: Say;
  locale: Locale;
  busy: boolean;
  writes: boolean; // a model does, so that the same question may be answered otherwise
  courseLink: CourseLink;
  announce(text: string): void;
  ask(message: string): void;
  again(turn: Turn): void;
  openSource(source: Source): void;
  openCourse(event: Event, card: Card): void;
  instead(turn: Turn): Promise<void>;
  opinion(turn: Turn, rating: "up" | "down", reasons: string[], comment: string): Promise<boolean>;
}

export class TurnView extends LitElement {
  static override properties = { turn: { attribute: false }, host: { attribute: false }, latest: { type: Boolean } };
  declare turn: Turn;
  declare host: Host;
  declare latest: boolean;
  #growing: Growing | null = null;
  #shown = "";
  #asksWhy = false;
  #said: Word | null = null; // what was said last of copying or of an opinion
  #reading = false;
  #clock = 0;

  /** In the widget's own shadow, so that its styles reach here. */
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#clock);
    if (this.#reading) hush();
  }

  /** While an answer arrives it is drawn once a frame, however many pieces come in between. */
  protected override async scheduleUpdate(): Promise<void> {
    const growing = this.#shown !== "" && !ended(this.turn); // the first piece waits for nothing
    if (growing && document.visibilityState === "visible") await new Promise(requestAnimationFrame);
    await super.scheduleUpdate();
  }

  /** Another turn in its place brings nothing of the one before. */
  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.get("turn")) return;
    if (this.#reading) hush();
    clearInterval(this.#clock);
    [this.#growing, this.#shown, this.#asksWhy, this.#said, this.#reading, this.#clock] = [null, "", false, null, false, 0];
  }

  protected override render(): TemplateResult {
    const { turn, host: { say } } = this;
    const over = ended(turn);
    return html`<article class="turn" aria-busy=${!over}>
      <h3 class="asked"><span class="hidden">${say("you")}: </span>${turn.message}</h3>
      <div class="answer" role="group" aria-label=${say("answerOf")}>
        ${turn.done?.call?.length ? html`<p class="call">${turn.done.call.map((number) => html`<a href="tel:${number}">${say("call", number)}</a>`)}</p>` : this.#state(over)}
        <div class="body" dir="auto"></div>
        ${this.latest && turn.done?.quiz?.length ? this.#quiz(turn.done.quiz) : nothing}
        ${turn.courses.length ? courseCards(turn.courses, say, this.host.courseLink, this.host.openCourse) : nothing}
        ${over ? this.#sources() : nothing}
        ${turn.done?.fallback && !turn.done.aigc ? html`<p class="note">${say("fallback")}</p>` : nothing}
        ${this.#problem()}
        ${turn.instead ? this.#otherCourses(turn.instead) : nothing}
        ${over ? this.#tools() : nothing}
      </div>
    </article>`;
  }

  protected override updated(): void {
    // The text is not Lit's: it grows by blocks, and those that stand are left alone.
    const { text } = this.turn;
    if (!text.startsWith(this.#shown)) this.#growing = null;
    const body = this.querySelector<HTMLElement>(".body")!;
    if (!this.#growing) {
      body.replaceChildren();
      this.#growing = new Growing(body, this.#cite);
    } else if (text === this.#shown && !ended(this.turn)) return;
    this.#growing.show(text);
    this.#shown = text;
    // Steps that are drawn below with all that is known of them are not listed above as well.
    const { courses } = this.turn;
    for (const list of body.querySelectorAll<HTMLElement>(":scope > ol")) {
      list.hidden = list.children.length === courses.length && courses.every(({ step, title }, at) => step && list.children[at]!.textContent!.includes(title));
    }
  }

  #cite: Cite = (n) => {
    const source = this.turn.sources.find((one) => one.n === n);
    if (!source) return null;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "cite";
    button.textContent = String(n);
    button.setAttribute("aria-label", `${this.host.say("openSource")} ${n}: ${source.lesson_title} ${source.locator}`);
    button.addEventListener("click", () => this.host.openSource(source));
    return button;
  };

  #state(over: boolean): TemplateResult | typeof nothing {
    const { turn, host: { say } } = this;
    const label = over ? labelOf(turn, say) : say(turn.phase === "reconnecting" ? "reconnecting" : turn.text ? "writing" : "waiting");
    const aigc = aigcOf(turn, say);
    if (!label && !aigc) return nothing;
    return html`<p class="state ${over ? "" : "moving"}">
      ${aigc ? html`<span class="aigc">${aigc}</span>` : nothing}<span>${label}</span></p>`;
  }

  #sources(): TemplateResult | typeof nothing {
    const { turn, host: { say } } = this;
    const sources = citedSources(turn);
    if (!sources.length) return nothing;
    return html`<div class="sources" role="group" aria-label=${say("sources")}><h4>${say("sources")}</h4><ol>${sources.map((source) => html`<li>
      <button type="button" @click=${() => this.host.openSource(source)}><span class="number">${source.n}</span>
        <span><b>${source.course_title}</b> ${sampleTag(source, say)}
        <span class="place">${[source.lesson_title, source.locator].filter(Boolean).join(" · ")}</span></span></button></li>`)}</ol></div>`;
  }

  #otherCourses(cards: Card[]): TemplateResult {
    const { say, courseLink, openCourse } = this.host;
    return html`<section class="instead"><h4 tabindex="-1">${say("insteadTitle")}</h4>
      ${cards.length ? courseCards(cards, say, courseLink, openCourse) : html`<p class="note">${say("insteadNone")}</p>`}</section>`;
  }

  #problem(): TemplateResult | typeof nothing {
    const { turn, host: { say } } = this;
    if (turn.phase !== "failed" || !turn.trouble) return nothing;
    const seconds = Math.max(0, Math.ceil((turn.retryAt - Date.now()) / 1_000));
    if (turn.trouble === "limited" && seconds && !this.#clock) {
      this.#clock = window.setInterval(() => {
        if (turn.retryAt <= Date.now()) { clearInterval(this.#clock); this.#clock = 0; }
        this.requestUpdate();
      }, 1_000);
    }
    return html`<div class="problem ${turn.trouble}">
      <p>${turn.detail || say(turn.trouble, ...(turn.trouble === "limited" ? [seconds] : []))}</p>
      <button type="button" class="retry" ?disabled=${this.host.busy || seconds > 0} @click=${() => this.host.again(turn)}>${say("retry")}</button></div>`;
  }

  // -- practice ----------------------------------------------------------------------------------------------------

  #quiz(items: QuizItem[]): TemplateResult {
    const { say, busy } = this.host;
    const only = items.length === 1 ? items[0] : null;
    if (only && (only.kind === "true_false" || only.kind === "choice")) {
      const options = only.kind === "choice" ? only.options : [say("right"), say("wrong")];
      return html`<div class="quiz" role="group" aria-label=${say("quizAnswer")}>${options.map((option, at) => html`
        <button type="button" ?disabled=${busy} @click=${() => this.host.ask(only.kind === "choice" ? `${LETTERS[at]}. ${option}` : option)}>
        ${only.kind === "choice" ? html`<b>${LETTERS[at]}</b> ` : nothing}${option}</button>`)}
        <button type="button" class="quiet" ?disabled=${busy} @click=${() => this.host.ask(say("quizSkip"))}>${say("quizSkip")}</button></div>`;
    }
    return html`<form class="quiz" @submit=${(event: SubmitEvent) => this.#handIn(event, items)}>${items.map((item) => html`
      <label><span>${items.length > 1 ? `${item.number}. ` : ""}${say("quizAnswer")}</span>${this.#field(item)}</label>`)}
      <div><button type="submit" class="main" ?disabled=${busy}>${say("quizSend")}</button>
      ${only ? html`<button type="button" class="quiet" ?disabled=${busy} @click=${() => this.host.ask(say("quizSkip"))}>${say("quizSkip")}</button>` : nothing}</div></form>`;
  }

  #field(item: QuizItem): TemplateResult {
    const { say } = this.host;
    const name = String(item.number);
    if (item.kind === "open") return html`<textarea name=${name} rows="3" required></textarea>`;
    if (item.kind === "fill_in") return html`<input name=${name} autocomplete="off" required>`;
    const options = item.kind === "choice" ? item.options.map((option, at) => [`${LETTERS[at]}`, `${LETTERS[at]}. ${option}`]) : [[say("right"), say("right")], [say("wrong"), say("wrong")]];
    return html`<select name=${name} required><option value=""></option>${options.map(([value, text]) => html`<option value=${value!}>${text}</option>`)}</select>`;
  }

  #handIn(event: SubmitEvent, items: QuizItem[]): void {
    event.preventDefault();
    const given = new FormData(event.target as HTMLFormElement);
    const answers = items.map((item) => String(given.get(String(item.number)) ?? "").replace(/\s+/g, " ").trim());
    this.host.ask(items.length > 1 ? answers.map((answer, at) => `${at + 1}. ${answer}`).join("\n") : answers[0] ?? "");
  }

  // -- what one can do with an answer ------------------------------------------------------------------------------

  #tools(): TemplateResult {
    const { turn, host: { say, busy, locale } } = this;
    const answered = turn.phase === "done";
    return html`<div class="tools">
      ${turn.done?.more ? html`<button type="button" ?disabled=${busy} @click=${() => this.host.ask(say("more"))}>${say("more")}</button>` : nothing}
      ${turn.text ? html`<button type="button" class="copy" @click=${this.#copy}>${say("copy")}</button>` : nothing}
      ${turn.text && canRead(locale) ? html`<button type="button" class="aloud" aria-pressed=${this.#reading} @click=${this.#aloud}>${say(this.#reading ? "hush" : "aloud")}</button>` : nothing}
      ${answered && this.latest && this.host.writes ? html`<button type="button" class="again" ?disabled=${busy} @click=${() => this.host.again(turn)}>${say("regenerate")}</button>` : nothing}
      ${mayHaveCourses(turn) ? html`<button type="button" class="show-courses" @click=${this.#instead}>${say("instead")}</button>` : nothing}
      ${answered && turn.id ? html`<span class="thumbs">
        <button type="button" class="thumb good" aria-label=${say("good")} title=${say("good")} aria-pressed=${turn.opinion === "up"} @click=${() => this.#opine("up", [], "")}>${thumb(false)}</button>
        <button type="button" class="thumb bad" aria-label=${say("bad")} title=${say("bad")} aria-pressed=${turn.opinion === "down"} aria-expanded=${this.#asksWhy} @click=${this.#why}>${thumb(true)}</button></span>` : nothing}
      ${this.#said ? html`<span class="said">${say(this.#said)}</span>` : nothing}
    </div>${this.#asksWhy ? this.#reasons() : nothing}`;
  }

  #reasons(): TemplateResult {
    const { say } = this.host;
    return html`<form class="why" @submit=${this.#sendWhy}><fieldset><legend>${say("why")}</legend>${REASONS.map((reason) => html`
      <label><input type="checkbox" name="reason" value=${reason}> ${say(`reason_${reason}`)}</label>`)}</fieldset>
      <label class="comment">${say("comment")}<textarea name="comment" rows="2" maxlength="1000"></textarea></label>
      <div><button type="submit" class="main">${say("sendOpinion")}</button><button type="button" class="quiet" @click=${this.#why}>${say("cancel")}</button></div></form>`;
  }

  #copy = async (): Promise<void> => {
    const text = answerAsText(this.turn, this.host.say);
    try {
      await navigator.clipboard.writeText(text);
      this.#tell("copied");
    } catch { this.#tell("notCopied"); }
  };

  #aloud = (): void => {
    if (this.#reading) hush();
    else read(this.turn.text, this.host.locale, () => { this.#reading = false; this.requestUpdate(); });
    this.#reading = !this.#reading;
    this.requestUpdate();
  };

  #instead = async (): Promise<void> => {
    await this.host.instead(this.turn);
    await this.updateComplete;
    this.querySelector<HTMLElement>(".instead h4")?.focus({ preventScroll: false });
  };

  #why = (): void => {
    this.#asksWhy = !this.#asksWhy;
    this.#said = null;
    this.requestUpdate();
    if (this.#asksWhy) void this.updateComplete.then(() => this.querySelector<HTMLElement>(".why input")?.focus());
  };

  #sendWhy = (event: SubmitEvent): void => {
    event.preventDefault();
    const given = new FormData(event.target as HTMLFormElement);
    void this.#opine("down", given.getAll("reason").map(String), String(given.get("comment") ?? ""));
  };

  async #opine(rating: "up" | "down", reasons: string[], comment: string): Promise<void> {
    const kept = await this.host.opinion(this.turn, rating, reasons, comment);
    if (kept) this.#asksWhy = false;
    this.#tell(kept ? "thanks" : "notKept");
    this.querySelector<HTMLElement>(`.thumb.${rating === "up" ? "good" : "bad"}`)?.focus();
  }

  #tell(word: Word): void {
    this.#said = word;
    this.host.announce(this.host.say(word));
    this.requestUpdate();
  }
}

/** Courses in place of an answer: not in an emergency or a quiz, nor where the catalogue was just looked through. */
function mayHaveCourses({ done, courses, instead }: Turn): boolean {
  return Boolean(done) && !instead && !courses.length && !done!.call?.length && !done!.quiz?.length && !(done!.mode === "catalogue" && done!.quiz);
}

function thumb(down: boolean): TemplateResult {
  return html`<svg viewBox="0 0 24 24" aria-hidden="true" class=${down ? "down" : ""}><path fill="none" stroke="currentColor" stroke-width="1.8" stroke-linejoin="round" d="M7 10v10H4V10zm0 0 4-7c1.6 0 2.6 1.2 2.3 2.8L12.7 9H18a2 2 0 0 1 2 2.4l-1.3 7A2 2 0 0 1 16.700 20H7"/></svg>`;
}
