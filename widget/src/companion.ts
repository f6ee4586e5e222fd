// <learning-companion>: the panel, what stands in it, and the button that opens it.
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { type AccessToken, Door, keep, preferred, Refused } from "./door";
import { mathFrom, warmUp } from "./markdown";
import { scrollToMark, sourceView } from "./source-view";
import { canDictate, dictate } from "./speech";
import { styles } from "./styles";
import { Thread, type Turn } from "./thread";
import { asText, download } from "./transcript";
import type { Host } from "./turn-view";
import { type Locale, LOCALES, nearest, type Say, speaking, type Word } from "./words";
import { citedIn, ended, type Style } from "../../wechat/miniprogram/service/both/exchange";
import type { About, Card, Complaint, Kept, Passage, QuizItem, Source } from "../../wechat/miniprogram/service/both/wire";

type Page = "chat" | "menu" | "history" | "settings" | "about" | "complain" | "erase";
type Theme = "auto" | "light" | "dark";
interface Settings { locale?: Locale; theme?: Theme; elder?: boolean; scale?: number; audience?: string; personalised?: boolean; agreed?: string }

const STYLES: Style[] = ["answer", "hint", "quiz", "plan"];
const AUDIENCES = ["", "courier", "worker", "farmer", "senior", "youth", "child"] as const;
const KINDS = ["complaint", "report", "appeal"] as const;
const SETTINGS = "learning-companion-settings";
const SHOWN = 20; // turns on the page; those before them on demand
// Of the page's text size. Senior mode begins at 18 pt and goes up to 30 pt, as the national standard on ageing-friendly pages has it.
const SCALES = [0.9, 1, 1.15, 1.3, 1.5];
const ELDER_SCALES = [1.5, 1.75, 2, 2.25, 2.5];

export class LearningCompanion extends LitElement implements Host {
  static override styles = styles;
  static override properties = {
    src: {}, locale: { attribute: "locale" }, course: {}, lesson: {}, audience: {}, mode: {}, theme: {}, questions: {},
    elder: { type: Boolean }, open: { type: Boolean, reflect: true }, courseUrl: { attribute: "course-url" },
  };
  /** Where the service is; the address the script came from unless told. */
  declare src: string;
  declare course: string;
  declare lesson: string;
  declare audience: string;
  /** `floating` shows a button that opens a panel; `inline` fills its place on the page. */
  declare mode: "floating" | "inline";
  declare theme: Theme;
  declare elder: boolean;
  declare open: boolean;
  /** Starting questions in place of the service's, one a line or as a JSON list. */
  declare questions: string;
  /** Where a course is shown on the portal, with {id} in it; without it a card opens its record's own address. */
  declare courseUrl: string;

  private door!: Door;
  private thread!: Thread;
  private settings: Settings = {};
  private page: Page = "chat";
  private shown = SHOWN;
  private replyStyle: Style = "answer";
  private status = "";
  private starters: string[] = [];
  private startersOf = "";
  private told: About | null = null;
  private listed: { conversation_id: string; first_message: string; touched_at: string }[] | null = null;
  private source: Source | null = null;
  private passage: Passage | null | undefined;
  private note = ""; // what a form was answered
  private erased = false;
  private complaints: Complaint[] = [];
  private length = 0; // of what stands in the box
  private offline = false;
  private dictates = false;
  private listening: (() => void) | null = null;
  private back: HTMLElement | null = null; // what had the focus before a source was opened
  private opener: HTMLElement | null = null; // and before the panel was
  private dark = matchMedia("(prefers-color-scheme: dark)");
  private token: AccessToken | null = null;

  constructor() {
    super();
    Object.assign(this, { src: "", locale: "", course: "", lesson: "", audience: "", mode: "floating", theme: "auto", elder: false, open: false, questions: "", courseUrl: "" });
  }

  // -- what a page can do ------------------------------------------------------------------------------------------

  /** Tells who is signed in on the portal; without it everybody is a visitor. */
  set accessToken(token: AccessToken | string | null) {
    this.token = typeof token === "string" ? () => token : token;
    if (!this.door) return;
    this.door.accessToken = this.token;
    void this.mind();
  }

  /** Who looks at it may have signed in or out. */
  private async mind(): Promise<void> {
    this.thread.belongs(await this.door.whose(this.thread.who));
  }

  show(): void { this.open = true; }
  close(): void { this.open = false; }

  /** Ask as if the learner had typed it. */
  ask = async (message: string): Promise<void> => {
    const words = message.trim();
    if (!words) return;
    await this.mind();
    if (this.thread.running || this.hasToAgree) return;
    this.open = true;
    this.page = "chat";
    this.announce(this.say("waiting"));
    void this.thread.ask(words, this.asking());
    void this.toLatest();
  };

  // -- life --------------------------------------------------------------------------------------------------------

  override connectedCallback(): void {
    super.connectedCallback();
    // A page that set it before this file was there has hidden our property behind one of its own.
    const early = Object.getOwnPropertyDescriptor(this, "accessToken");
    if (early) {
      delete (this as { accessToken?: unknown }).accessToken;
      this.accessToken = early.value as AccessToken | string | null;
    }
    const base = (this.src || LearningCompanion.home).replace(/\/$/, "");
    try { this.settings = JSON.parse(preferred(SETTINGS) ?? "{}") as Settings; } catch { this.settings = {}; }
    mathFrom(base);
    this.door = new Door(base);
    this.door.accessToken = this.token;
    this.door.consent = this.settings.agreed ?? null;
    this.thread = new Thread(this.door, `learning-companion ${base} ${this.id}`, (turn) => this.changed(turn));
    void this.mind();
    addEventListener("online", this.online);
    addEventListener("offline", this.online);
    this.dark.addEventListener("change", this.redraw);
    this.online();
    if (this.mode === "inline") this.open = true;
    void canDictate(this.locale).then((can) => { this.dictates = can; this.requestUpdate(); });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("online", this.online);
    removeEventListener("offline", this.online);
    this.dark.removeEventListener("change", this.redraw);
    this.thread.leave();
    this.listening?.();
  }

  /** Where the script came from. */
  static home = "";

  private online = (): void => { this.offline = !navigator.onLine; this.requestUpdate(); };
  private redraw = (): void => this.requestUpdate();

  private changed(turn: Turn | null): void {
    if (!turn) return this.requestUpdate();
    const view = [...this.renderRoot.querySelectorAll("learning-companion-turn")].find((one) => one.turn === turn);
    view?.requestUpdate();
    // The whole is drawn anew only where a turn comes or goes: not for every piece of text.
    if (!view || ended(turn)) this.requestUpdate();
    if (ended(turn) && !this.heardOf.has(turn)) {
      this.heardOf.add(turn);
      // Whom to call is heard at once, and not looked for.
      const calls = turn.done?.call?.map((number) => this.say("call", number)).join(", ");
      const words = calls || (turn.done ? this.say("finished") : this.say(turn.trouble ?? "trouble", 0));
      this.announce(words);
      this.tell("answer", { turnId: turn.id, mode: turn.done?.mode ?? null, trouble: turn.trouble });
    }
  }

  private heardOf = new WeakSet<Turn>();

  private tell(name: string, detail: unknown, cancelable = false): boolean {
    return this.dispatchEvent(new CustomEvent(`companion-${name}`, { detail, bubbles: true, composed: true, cancelable }));
  }

  // -- what turns ask of it ----------------------------------------------------------------------------------------

  // The setting in the menu before the attribute, and that before the page's own language.
  get locale(): Locale { return nearest(this.settings?.locale || this.localeTold || document.documentElement.lang || navigator.language); }
  set locale(tag: string) { this.localeTold = tag; this.requestUpdate(); }
  private localeTold = "";

  get say(): Say { return speaking(this.locale); }
  get busy(): boolean { return Boolean(this.thread?.running); }
  private get longest(): number { return this.told?.message_characters ?? 4_000; }
  get writes(): boolean { return Boolean(this.told?.model); }

  announce(text: string): void {
    this.status = text;
    this.requestUpdate();
  }

  again = (turn: Turn): void => {
    this.announce(this.say("waiting"));
    void this.thread.again(turn, this.asking());
    void this.toLatest();
  };

  courseLink = (card: Card): string | null => {
    if (this.courseUrl) return this.courseUrl.replace("{id}", encodeURIComponent(card.course_id));
    return card.url && /^https:\/\//.test(card.url) ? card.url : null;
  };

  openCourse = (event: Event, card: Card): void => {
    if (!this.tell("course", { courseId: card.course_id }, true)) event.preventDefault();
  };

  openSource = async (source: Source): Promise<void> => {
    this.back = (this.renderRoot as ShadowRoot).activeElement as HTMLElement | null;
    this.source = source;
    this.passage = undefined;
    this.requestUpdate();
    await this.updateComplete;
    const dialog = this.renderRoot.querySelector<HTMLDialogElement>("dialog.source")!;
    if (!dialog.open) dialog.showModal();
    const passage = await this.door.json<Passage>(`/v1/passages/${encodeURIComponent(source.passage_id)}`).catch(() => null);
    if (this.source !== source) return; // another was opened meanwhile
    this.passage = passage;
    this.requestUpdate();
    await this.updateComplete;
    scrollToMark(dialog);
  };

  instead = async (turn: Turn): Promise<void> => {
    const wish = { text: turn.message.slice(0, 2_000), limit: 4, locale: this.locale, audience: this.chosenAudience || null, personalised: this.personalised };
    try {
      turn.instead = (await this.door.json<{ courses: Card[] }>("/v1/recommendations", "POST", wish)).courses;
    } catch {
      const found = await this.door.json<{ courses: Card[] }>(`/v1/courses?q=${encodeURIComponent(turn.message.slice(0, 200))}`).catch(() => ({ courses: [] }));
      turn.instead = found.courses.slice(0, 4);
    }
    this.thread.touched(turn);
    this.renderRoot.querySelectorAll("learning-companion-turn").forEach((view) => view.requestUpdate());
  };

  opinion = async (turn: Turn, rating: "up" | "down", reasons: string[], comment: string): Promise<boolean> => {
    try {
      await this.door.json("/v1/feedback", "POST", { turn_id: turn.id, rating, reasons, comment });
    } catch { return false; }
    turn.opinion = rating;
    this.thread.touched(turn);
    return true;
  };

  private asking() {
    return {
      locale: this.locale, audience: this.chosenAudience, style: this.replyStyle, course: this.course, lesson: this.lesson,
      personalised: this.personalised,
    };
  }

  private get chosenAudience(): string { return this.settings.audience ?? this.audience; }
  private get personalised(): boolean { return this.settings.personalised ?? true; }
  private get isElder(): boolean { return this.settings.elder ?? (this.elder || this.chosenAudience === "senior"); }
  private get scales(): number[] { return this.isElder ? ELDER_SCALES : SCALES; }
  private get scale(): number { return this.scales[this.settings.scale ?? (this.isElder ? 0 : 1)] ?? 1; }
  private get isDark(): boolean {
    const theme = this.settings.theme ?? this.theme;
    return theme === "dark" || (theme !== "light" && this.dark.matches);
  }

  private set(change: Settings): void {
    this.settings = { ...this.settings, ...change };
    keep(SETTINGS, JSON.stringify(this.settings), "browser");
    this.renderRoot.querySelectorAll("learning-companion-turn").forEach((view) => view.requestUpdate());
    this.requestUpdate();
  }

  /** The question that was asked last goes to the top; the page around the widget stays where it is. */
  private async toLatest(): Promise<void> {
    const held = (this.renderRoot as ShadowRoot).activeElement;
    await this.updateComplete;
    if (held && !held.isConnected) this.rest(); // as the button of a question to begin with
    const page = this.renderRoot.querySelector<HTMLElement>(".page");
    const turn = this.renderRoot.querySelector<HTMLElement>("learning-companion-turn[latest]");
    if (page && turn) page.scrollTop = turn.offsetTop - 12;
  }

  // -- the page ----------------------------------------------------------------------------------------------------

  protected override willUpdate(): void {
    if (this.open && this.page === "chat" && this.thread.who !== null && !this.thread.turns.length) void this.fetchStarters();
    if (this.open && !this.told) void this.fetchAbout();
  }

  protected override updated(changed: PropertyValues): void {
    // Not by an attribute: a page's policy may forbid those.
    this.renderRoot.querySelector<HTMLElement>(".root")?.style.setProperty("--scale", String(this.scale));
    const panel = this.renderRoot.querySelector<HTMLDialogElement>("dialog.panel");
    if (!panel || !changed.has("open")) return;
    if (this.open) {
      void this.mind();
      setTimeout(warmUp, 300);
    }
    if (this.open && !panel.open) {
      this.opener = document.activeElement as HTMLElement | null;
      // On a phone it covers the page, which is then out of reach; elsewhere the page stays in use.
      if (matchMedia("(max-width: 600px)").matches) panel.showModal(); else panel.show();
      this.rest();
      void this.toLatest();
      this.tell("open", null);
    } else if (!this.open && panel.open) {
      panel.close();
      const byThePage = this.opener?.isConnected && ![this, document.body].includes(this.opener) ? this.opener : null;
      (byThePage ?? this.renderRoot.querySelector<HTMLElement>(".launcher"))?.focus({ preventScroll: true });
      this.tell("close", null);
    }
  }

  protected override render(): TemplateResult {
    const { say } = this;
    const inline = this.mode === "inline";
    const names = ["root", inline ? "inline" : "floating", this.isDark && "dark", this.isElder && "elder"].filter(Boolean).join(" ");
    const inside = html`${this.top()}${this.offline ? html`<p class="no-network">${say("isOffline")}</p>` : nothing}
      ${this.page === "chat" ? this.chat() : html`<div class="page">${this.other()}</div>`}`;
    return html`<div class=${names} lang=${this.locale}>
      ${inline
        ? html`<section class="panel" aria-labelledby="title">${inside}</section>`
        : html`<button type="button" class="launcher" ?hidden=${this.open} aria-haspopup="dialog" @click=${() => this.show()}>
            ${bubble()}<span>${say("title")}</span><small>${say("badge")}</small></button>
          <dialog class="panel" aria-labelledby="title" @keydown=${this.onKey} @cancel=${this.onCancel}>${inside}</dialog>`}
      <dialog class="source" aria-labelledby="source-title" @close=${this.sourceClosed} @click=${this.onBackdrop}>
        ${this.source ? sourceView(this.source, this.passage, say, this.closeSource) : nothing}</dialog>
      <p class="hidden" role="status" aria-live="polite">${this.status}</p>
    </div>`;
  }

  private top(): TemplateResult {
    const { say } = this;
    const chat = this.page === "chat";
    const title: Word = ({ chat: "title", menu: "menu", complain: "complain" } as Record<string, Word>)[this.page] ?? (this.page as Word);
    return html`<div class="head">
      ${chat ? nothing : this.sign("back", "M15 5l-7 7 7 7", () => this.goTo(this.page === "menu" ? "chat" : "menu"))}
      <h2 id="title" tabindex="-1">${say(title)}${chat ? html`<small>${say("badge")}</small>` : nothing}</h2>
      ${chat && this.thread.turns.length ? this.sign("fresh", "M12 5v14M5 12h14", this.fresh) : nothing}
      ${chat ? this.sign("menu", "M5 7h14M5 12h14M5 17h14", () => this.goTo("menu")) : nothing}
      ${this.mode === "inline" ? nothing : this.sign("close", "M6 6l12 12M18 6L6 18", () => this.close())}
    </div>`;
  }

  /** A button that shows a sign and says a word. */
  private sign(word: Word, path: string, act: () => void): TemplateResult {
    const name = this.say(word);
    return html`<button type="button" class="icon" aria-label=${name} title=${name} @click=${act}>${icon(path)}</button>`;
  }

  private chat(): TemplateResult {
    const { say, thread } = this;
    const { turns } = thread;
    const first = Math.max(0, turns.length - this.shown);
    return html`
      <div class="page">
        ${this.hasToAgree ? this.agreement() : turns.length ? nothing : this.welcome()}
        ${first ? html`<button type="button" class="quiet" @click=${() => { this.shown += SHOWN; this.requestUpdate(); }}>${say("earlier")}</button>` : nothing}
        <div role="log" aria-live="off" aria-label=${say("thread")}>${turns.slice(first).map((turn, at) => html`
          <learning-companion-turn .turn=${turn} .host=${this as Host} ?latest=${first + at === turns.length - 1}></learning-companion-turn>`)}</div>
      </div>
      <div class="foot" ?inert=${this.hasToAgree}>
        <div class="styles" role="group" aria-label=${say("style")}>${STYLES.map((style) => html`
          <button type="button" aria-pressed=${this.replyStyle === style} @click=${() => this.choose(style)}>${say(`style_${style}`)}</button>`)}</div>
        <p class="over" id="over" role="alert">${this.length > this.longest ? say("tooLong", this.length, this.longest) : nothing}</p>
        <form class="ask" @submit=${this.onSubmit}>
          <label class="hidden" for="message">${say("question")}</label>
          <textarea id="message" rows="1" aria-describedby="over" @input=${this.onInput} autocomplete="off" enterkeyhint="send" placeholder=${say("placeholder")} @keydown=${this.onEnter}></textarea>
          ${this.dictates ? html`<button type="button" aria-pressed=${Boolean(this.listening)} aria-label=${say("dictate")} @click=${this.dictation}>${icon("M12 4a2.500 2.500 0 0 1 2.500 2.500v5a2.500 2.500 0 0 1-5 0v-5A2.500 2.500 0 0 1 12 4zM6 11a6 6 0 0 0 12 0M12 17v3")}</button>` : nothing}
          ${thread.running
            ? html`<button type="button" class="stop" @click=${() => { thread.stop(); this.box?.focus(); }}>${say("stop")}</button>`
            : html`<button type="submit" class="main send">${say("send")}</button>`}
        </form>
        <p class="notice"><span>${say("notice")}</span><button type="button" @click=${() => this.goTo("about")}>${say("about")}</button></p>
      </div>`;
  }

  private get hasToAgree(): boolean {
    return Boolean(this.told?.consent_version && this.told.consent_version !== this.settings.agreed);
  }

  private agreement(): TemplateResult {
    const { say, told } = this;
    const link = (name: Word, url: string | null | undefined) => url && /^https?:/.test(url) ? html`<li><a href=${url} target="_blank" rel="noopener noreferrer">${say(name)}</a></li>` : nothing;
    return html`<section class="welcome"><p>${say("agreeFirst", told?.consent_version ?? "")}</p>
      <ul>${link("terms", told?.terms_url)}${link("privacy", told?.privacy_url)}</ul>
      <p><button type="button" class="main" id="agree" @click=${this.agree}>${say("agree")}</button></p></section>`;
  }

  private agree = async (): Promise<void> => {
    const version = this.told?.consent_version ?? "";
    try {
      await this.door.agree(version);
      this.set({ agreed: version });
      await this.updateComplete;
      this.box?.focus();
    } catch { this.announce(this.say("trouble")); }
  };

  private welcome(): TemplateResult {
    const { say } = this;
    return html`<section class="welcome"><p>${say("tagline")}</p>${this.starters.length ? html`
      <h3>${say("starters")}</h3><ul class="starters">${this.starters.map((question) => html`
        <li><button type="button" @click=${() => void this.ask(question)}>${question}</button></li>`)}</ul>` : nothing}</section>`;
  }

  private other(): TemplateResult {
    switch (this.page) {
      case "menu": return this.menu();
      case "history": return this.history();
      case "settings": return this.settingsForm();
      case "complain": return this.complaint();
      case "erase": return this.erasure();
      default: return this.about();
    }
  }

  private menu(): TemplateResult {
    const { say } = this;
    const pages: Page[] = ["history", "settings", "about", "complain"];
    return html`<ul class="menu">
      <li><button type="button" @click=${this.fresh}>${say("fresh")}</button></li>
      ${this.thread.turns.length ? html`<li><button type="button" @click=${this.save}>${say("save")}</button></li>` : nothing}
      ${pages.map((page) => html`<li><button type="button" @click=${() => this.goTo(page)}>${say(page as Word)}</button></li>`)}
      <li><button type="button" @click=${this.takeAway}>${say("export")}</button></li>
      <li><button type="button" @click=${() => this.goTo("erase")}>${say("erase")}</button></li></ul>
      ${this.note ? html`<p class="said">${this.note}</p>` : nothing}`;
  }

  private history(): TemplateResult {
    const { say, listed } = this;
    if (!listed) return html`<p>${say("loading")}</p>`;
    if (!listed.length) return html`<p>${say("noHistory")}</p>`;
    return html`<ul class="menu">${listed.map((one) => html`<li><button type="button" @click=${() => this.reopen(one.conversation_id)}>
      ${one.first_message}<time datetime=${one.touched_at}>${this.moment(new Date(one.touched_at))}</time></button></li>`)}</ul>`;
  }

  private settingsForm(): TemplateResult {
    const { say, settings } = this;
    const names: Record<Locale, string> = { "zh-Hans": "简体中文", "zh-Hant": "繁體中文", en: "English" };
    const at = settings.scale ?? (this.isElder ? 0 : 1);
    const choice = (event: Event) => (event.target as HTMLSelectElement).value;
    return html`<div class="form">
      <label>${say("language")}<select id="locale" @change=${(event: Event) => this.set({ locale: choice(event) as Locale })}>${LOCALES.map((locale) => html`
        <option value=${locale} lang=${locale} ?selected=${locale === this.locale}>${names[locale]}</option>`)}</select></label>
      <label>${say("audience")}<select id="audience" @change=${(event: Event) => this.set({ audience: choice(event) })}>${AUDIENCES.map((one) => html`
        <option value=${one} ?selected=${one === this.chosenAudience}>${say(`audience_${one}`)}</option>`)}</select></label>
      <label class="check"><input type="checkbox" id="elder" .checked=${this.isElder} @change=${(event: Event) => this.set({ elder: (event.target as HTMLInputElement).checked, scale: undefined })}>${say("elder")}</label>
      <div class="sizes" role="group" aria-label=${say("textSize")}>${say("textSize")}<div>
        <button type="button" ?disabled=${at <= 0} aria-label=${`A− ${say("smaller")}`} @click=${() => this.set({ scale: at - 1 })}>A−</button>
        <button type="button" ?disabled=${at >= this.scales.length - 1} aria-label=${`A+ ${say("larger")}`} @click=${() => this.set({ scale: at + 1 })}>A+</button></div></div>
      <label>${say("theme")}<select id="theme" @change=${(event: Event) => this.set({ theme: choice(event) as Theme })}>${(["auto", "light", "dark"] as const).map((one) => html`
        <option value=${one} ?selected=${one === (settings.theme ?? this.theme)}>${say(`theme_${one}`)}</option>`)}</select></label>
      <label class="check"><input type="checkbox" id="personalised" .checked=${this.personalised} @change=${(event: Event) => this.set({ personalised: (event.target as HTMLInputElement).checked })}>${say("personal")}</label>
    </div>`;
  }

  private about(): TemplateResult {
    const { say, told } = this;
    if (!told) return html`<p>${say("loading")}</p>`;
    const link = (url: string | null) => url && /^https?:\/\//.test(url) ? html`<a href=${url} target="_blank" rel="noopener noreferrer">${url}</a>` : url;
    const facts: [Word, unknown][] = [
      ["operator", told.operator], ["model", told.model?.name ?? say("noModel")], ...(told.model ? [["filing", told.model.filing] as [Word, unknown]] : []),
      ["terms", link(told.terms_url)], ["privacy", link(told.privacy_url)], ["hotline", told.hotline && html`<a href="tel:${told.hotline}">${told.hotline}</a>`],
    ];
    return html`<p>${say("tagline")}</p><p class="note">${say("notice")}<br>${say("keptDays", told.conversation_days)}</p>
      <dl class="about">${facts.map(([name, fact]) => html`<dt>${say(name)}</dt><dd class=${fact ? "" : "unknown"}>${fact || say("unknown")}</dd>`)}</dl>`;
  }

  private complaint(): TemplateResult {
    const { say } = this;
    return html`<form class="form" @submit=${this.complain}>
      <select name="kind" aria-label=${say("complain")}>${KINDS.map((kind) => html`<option value=${kind}>${say(`kind_${kind}`)}</option>`)}</select>
      <label>${say("complaintWords")}<textarea name="words" rows="6" maxlength="4000" required></textarea></label>
      <button type="submit" class="main">${say("sendOpinion")}</button>${this.note ? html`<p class="said">${this.note}</p>` : nothing}</form>
      ${this.complaints.length ? html`<h3>${say("complaintsMade")}</h3><ul class="menu">${this.complaints.map((one) => html`<li class="course">
        <p><b>${say(`kind_${one.kind}` as Word)}</b> <time datetime=${one.made_at}>${one.made_at.slice(0, 10)} · ${short(one.ticket)}</time></p><p>${one.words}</p>
        <p class=${one.answer ? "" : "unknown"}>${one.answer ?? say("complaintWaits", one.due_at.slice(0, 10))}</p></li>`)}</ul>` : nothing}`;
  }

  private async fetchComplaints(): Promise<void> {
    this.complaints = (await this.door.json<{ complaints: Complaint[] }>("/v1/complaints").catch(() => ({ complaints: [] }))).complaints;
    this.requestUpdate();
  }

  private erasure(): TemplateResult {
    const { say } = this;
    if (this.erased) return html`<div class="form"><p class="said">${this.note}</p><button type="button" @click=${this.fresh}>${say("fresh")}</button></div>`;
    return html`<p class="warn">${say("eraseAsk")}</p><div class="form">
      <button type="button" class="main" id="erase-all" @click=${this.eraseAll}>${say("eraseYes")}</button>
      <button type="button" @click=${() => this.goTo("chat")}>${say("cancel")}</button>${this.note ? html`<p class="said">${this.note}</p>` : nothing}</div>`;
  }

  // -- what the learner does ---------------------------------------------------------------------------------------

  private get box(): HTMLTextAreaElement | null { return this.renderRoot.querySelector<HTMLTextAreaElement>("#message"); }
  private get heading(): HTMLElement | null { return this.renderRoot.querySelector<HTMLElement>("#title"); }

  /** Where the focus waits for the next question: in the box, unless that would bring up a keyboard over what there is to read. */
  private rest(): void {
    (matchMedia("(pointer: coarse)").matches ? this.heading : this.box)?.focus({ preventScroll: true });
  }

  private onSubmit = (event: Event): void => {
    event.preventDefault();
    const { box } = this;
    const words = box?.value.trim();
    if (!box || !words || this.thread.running || this.length > this.longest) return;
    box.value = "";
    this.length = 0;
    void this.ask(words);
  };

  /** What is too long is told, and not cut behind the learner's back. */
  private onInput = (): void => {
    const { length } = this.box?.value.trim() ?? "";
    if (Math.max(length, this.length) > this.longest) this.requestUpdate();
    this.length = length;
  };

  private onEnter = (event: KeyboardEvent): void => {
    const composing = event.isComposing || event.keyCode === 229; // Safari says 229 for the Enter that ends a composition
    if (event.key === "Enter" && !event.shiftKey && !composing) this.onSubmit(event);
  };

  private onKey = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || event.isComposing || event.defaultPrevented) return;
    event.preventDefault();
    this.stepBack();
  };

  private stepBack(): void {
    if (this.page === "chat") this.close(); else this.goTo("chat");
  }

  private onCancel = (event: Event): void => {
    if (event.target !== event.currentTarget) return;
    event.preventDefault();
    this.stepBack(); // a phone's own way back
  };

  private choose(style: Style): void {
    this.replyStyle = style;
    this.requestUpdate();
    this.rest();
  }

  private goTo(page: Page): void {
    this.page = page;
    this.erased = false;
    this.note = "";
    if (page === "history") void this.fetchHistory();
    if (page === "about") void this.fetchAbout();
    if (page === "complain") void this.fetchComplaints();
    this.requestUpdate();
    if (page === "chat") void this.toLatest();
    void this.updateComplete.then(() => (page === "chat" ? this.rest() : this.heading?.focus({ preventScroll: true })));
  }

  private fresh = (): void => {
    this.thread.clear();
    this.shown = SHOWN;
    this.goTo("chat");
  };

  private save = (): void => {
    const day = new Date().toLocaleDateString("sv");
    download(`learning-companion-${day}.md`, asText(this.thread.turns, this.say));
  };

  private closeSource = (): void => this.renderRoot.querySelector<HTMLDialogElement>("dialog.source")?.close();
  private onBackdrop = (event: MouseEvent): void => { if (event.target === event.currentTarget) this.closeSource(); };
  private sourceClosed = (): void => { this.source = null; this.requestUpdate(); if (this.back?.isConnected) this.back.focus({ preventScroll: true }); };

  private dictation = (): void => {
    if (this.listening) return this.listening();
    const { box } = this;
    const before = box?.value ?? "";
    this.announce(this.say("listening"));
    this.listening = dictate(this.locale, (text) => { if (box) box.value = before + text; }, () => { this.listening = null; this.requestUpdate(); box?.focus(); });
    this.requestUpdate();
  };

  private complain = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const given = new FormData(form);
    const about = this.thread.turns.at(-1)?.id ?? null;
    try {
      const made = await this.door.json<{ ticket: string; due_at: string }>("/v1/complaints", "POST", { kind: given.get("kind"), words: given.get("words"), turn_id: about });
      this.noted(this.say("complaintMade", short(made.ticket), String(made.due_at).slice(0, 10)));
      form.reset();
      void this.fetchComplaints();
    } catch (error) {
      this.noted(error instanceof Refused && error.problem.detail ? error.problem.detail : this.say("notKept"));
    }
  };

  /** What came of a form or a wish: heard, and in view. */
  private noted(words: string): void {
    this.note = words;
    this.announce(words);
    void this.updateComplete.then(() => this.renderRoot.querySelector(".page .said")?.scrollIntoView({ block: "nearest" }));
  }

  private moment(time: Date): string { return time.toLocaleString(this.locale, { dateStyle: "medium", timeStyle: "short" }); }

  /** All that the service keeps of the learner, as a file. */
  private takeAway = async (): Promise<void> => {
    try {
      const whole = await this.door.json<{ turns: unknown[] }>("/v1/learners/me/export");
      download("learning-companion.json", JSON.stringify(whole, null, 2), "application/json");
      this.noted(this.say("exported", whole.turns.length, this.moment(new Date())));
    } catch (error) {
      this.noted(this.say(error instanceof Refused && error.problem.status === 404 ? "nothingKept" : "notDone"));
    }
  };

  private eraseAll = async (): Promise<void> => {
    const { say } = this;
    const own = this.thread.conversation;
    try {
      let receipt = "";
      try {
        receipt = (await this.door.json<{ receipt: string }>("/v1/learners/me", "DELETE")).receipt;
      } catch (error) {
        // Where nobody has to say who they are there is no learner, but a conversation there may be.
        if (!(error instanceof Refused) || error.problem.status !== 404) throw error;
      }
      if (own && !receipt) await this.door.json(`/v1/conversations/${own}`, "DELETE");
      this.thread.clear();
      this.door.forget();
      keep(SETTINGS, null, "browser");
      // How it looks stays until the page is left: the receipt is to be read.
      const { locale, theme, scale } = this.settings;
      this.settings = { locale, theme, scale, elder: this.isElder };
      this.listed = null;
      this.erased = true;
      this.noted(say("erased") + (receipt ? ` ${say("receipt", short(receipt), receipt)}` : ""));
    } catch { this.noted(say("notDone")); }
  };

  // -- what is fetched ---------------------------------------------------------------------------------------------

  private async fetchStarters(): Promise<void> {
    const wanted = [this.locale, this.chosenAudience, this.course, this.lesson, this.questions].join("\n");
    if (wanted === this.startersOf) return;
    this.startersOf = wanted;
    this.starters = listOf(this.questions);
    if (!this.starters.length) {
      const asked = new URLSearchParams({ locale: this.locale, audience: this.chosenAudience, course_id: this.course, lesson_id: this.lesson });
      for (const [name, value] of [...asked]) if (!value) asked.delete(name);
      const found = await this.door.json<{ questions: string[] }>(`/v1/starters?${asked}`).catch(() => ({ questions: [] as string[] }));
      if (wanted === this.startersOf) this.starters = found.questions;
    }
    this.requestUpdate();
  }

  private async fetchAbout(): Promise<void> {
    if (this.asksAbout) return;
    this.asksAbout = true;
    this.told = await this.door.about();
    if (!this.told) setTimeout(() => { this.asksAbout = false; }, 5_000);
    this.requestUpdate();
  }
  private asksAbout = false;

  private async fetchHistory(): Promise<void> {
    this.listed = null;
    this.listed = (await this.door.json<{ conversations: NonNullable<LearningCompanion["listed"]> }>("/v1/conversations").catch(() => ({ conversations: [] }))).conversations;
    this.requestUpdate();
  }

  /** A conversation of before, as it was kept. */
  private async reopen(id: string): Promise<void> {
    const kept = await this.door.json<{ turns: Kept[]; quiz: QuizItem[] }>(`/v1/conversations/${id}`).catch(() => null);
    if (!kept) return this.announce(this.say("trouble"));
    this.thread.clear();
    this.thread.conversation = id;
    const last = kept.turns.at(-1);
    this.thread.turns = await Promise.all(kept.turns.map((one) => this.asItWas(one, one === last ? kept.quiz : [])));
    this.goTo("chat");
  }

  private async asItWas({ id, message, reply, mode, ai, grounded, passages, courses }: Kept, quiz: QuizItem[]): Promise<Turn> {
    const cited = citedIn(reply).filter((n) => n <= passages.length);
    const found = await Promise.all(cited.map(async (n) => {
      const id = passages[n - 1]!;
      const passage = await this.door.json<Passage>(`/v1/passages/${encodeURIComponent(id)}`).catch(() => null);
      return passage && { ...passage, n, passage_id: id, quote: "" };
    }));
    return {
      key: id, id, message, style: "answer", last: "0", phase: "done", text: reply, ai, courses,
      sources: found.filter((source) => source !== null),
      done: { mode, grounded, cited, fallback: null, aigc: null, quiz },
      trouble: null, detail: "", retryAt: 0, instead: null, opinion: "",
    };
  }
}

function listOf(questions: string): string[] {
  if (!questions.trim()) return [];
  try {
    const list: unknown = JSON.parse(questions);
    if (Array.isArray(list)) return list.map(String);
  } catch { /* not JSON: one a line */ }
  return questions.split("\n").map((line) => line.trim()).filter(Boolean);
}

/** What is read out on the telephone: by the first eight characters of a number it is found again. */
function short(number: string): string {
  return `${number.slice(0, 4)} ${number.slice(4, 8)}`.toUpperCase();
}

function icon(path: string): TemplateResult {
  return html`<svg viewBox="0 0 24 24" aria-hidden="true"><path fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" d=${path}/></svg>`;
}

function bubble(): TemplateResult {
  return icon("M4 5h16v11H10l-4 4v-4H4z");
}
