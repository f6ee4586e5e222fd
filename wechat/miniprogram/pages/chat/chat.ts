// The chat: ask, watch the answer come, look behind its citations.
import type { Deed } from "../../components/turn/turn";
import { decoded } from "../../service/address";
import { answerAsText, ended } from "../../service/both/exchange";
import type { Style } from "../../service/both/exchange";
import type { Source } from "../../service/both/wire";
import { lookOf } from "../../service/look";
import type { Look } from "../../service/look";
import { preferences, prefer } from "../../service/preferences";
import { services } from "../../service/services";
import type { Turn } from "../../service/turns";
import { turnView } from "../../service/view";
import type { TurnView } from "../../service/view";
import { speaking, wordsOf } from "../../service/words";
import type { Say, Word, WordsOf } from "../../service/words";

interface Opened { course?: string; lesson?: string; title?: string; q?: string; conversation?: string }

const STYLES: Style[] = ["answer", "hint", "quiz", "plan"];
const DRAWN_EVERY_MS = 80; // while an answer comes, however many pieces come in between
const A_HAND_SCROLLED = 12; // px upwards

Component({
  data: {
    words: {} as WordsOf,
    look: {} as Look,
    turns: [] as TurnView[],
    starters: [] as string[],
    styles: [] as { name: Style; text: string }[],
    style: "answer" as Style,
    styleName: "",
    draft: "",
    hasDraft: false,
    busy: false,
    offline: false,
    toAgree: null as string | null,
    agreeFirst: "",
    scopeTitle: "",
    source: null as Source | null,
    status: "",
    tooLong: "",
    longest: 4_000, // characters of a question; the service says how many it takes
    writes: false, // a model does
  },

  methods: {
    // -- life --------------------------------------------------------------------------------------------------------

    /** A card of a customer-service message may bring a question, a course or a conversation. */
    onLoad(opened: Opened) {
      const parts = services();
      parts.turns.watch((turn) => this.changed(turn));
      own(this).unheard = parts.network.onChange((online) => this.setData({ offline: !online }));
      if (opened.course) {
        parts.scope = { course: decoded(opened.course), lesson: decoded(opened.lesson), title: decoded(opened.title) || decoded(opened.course) };
      }
      if (opened.conversation) void parts.reopen(decoded(opened.conversation)).catch(() => this.announce("trouble"));
      if (opened.q) this.setDraft(decoded(opened.q));
    },

    /** Another page may have changed the language, the size, the scope or the conversation. */
    onShow() {
      const { locale, elder, step } = preferences();
      const { scope, network, turns } = services();
      const words = wordsOf(locale);
      this.setData({
        words,
        look: lookOf(elder, step),
        styles: STYLES.map((name) => ({ name, text: words[`style_${name}`] })),
        styleName: words[`style_${this.data.style}`],
        scopeTitle: scope ? this.say("askingIn", scope.title) : "",
        offline: !network.online,
      });
      wx.setNavigationBarTitle({ title: words.title });
      this.changed(null);
      turns.wake();
      void this.fetchTerms();
      void this.fetchStarters();
    },

    onUnload() {
      services().turns.watch(() => {});
      own(this).unheard();
    },

    onShareAppMessage() {
      return { title: this.data.words.title, path: "/pages/chat/chat" }; // never what was said
    },

    // -- what the learner does ---------------------------------------------------------------------------------------

    onInput({ detail }: WechatMiniprogram.Input) {
      this.setDraft(detail.value); // drawn, or the field would not be emptied when the question is sent
    },

    onSend() {
      const message = this.data.draft.trim();
      if (!message || this.data.busy || this.data.tooLong) return;
      this.setDraft("");
      this.ask(message);
    },

    onStarter(tap: WechatMiniprogram.BaseEvent<WechatMiniprogram.IAnyObject, { text: string }>) {
      this.ask(tap.currentTarget.dataset.text);
    },

    onStop() {
      services().turns.stop();
    },

    onStyle(tap: WechatMiniprogram.BaseEvent<WechatMiniprogram.IAnyObject, { name: Style }>) {
      this.choose(tap.currentTarget.dataset.name);
    },

    /** In the senior view the styles would take half of the screen: they are asked for. */
    onStyles() {
      const { styles } = this.data;
      wx.showActionSheet({ itemList: styles.map(({ text }) => text), success: ({ tapIndex }) => this.choose(styles[tapIndex]!.name) });
    },

    onElder() {
      const { elder } = prefer({ elder: !preferences().elder, step: 0 });
      this.setData({ look: lookOf(elder, 0) });
      this.announce(elder ? "elderOn" : "elderOff");
    },

    onFresh() {
      services().turns.clear();
      void this.fetchStarters();
    },

    onHistory() {
      void wx.navigateTo({ url: "/pages/history/history" });
    },

    onSettings() {
      void wx.navigateTo({ url: "/pages/settings/settings" });
    },

    onTerms() {
      void wx.navigateTo({ url: "/pages/settings/settings" });
    },

    async onAgree(): Promise<void> {
      try {
        await services().agree(this.data.toAgree ?? "");
        this.setData({ toAgree: null });
        void this.fetchStarters();
      } catch {
        this.announce("trouble");
        void wx.showToast({ title: this.data.words.trouble, icon: "none" });
        return;
      }
      const last = services().turns.list[services().turns.list.length - 1];
      if (last?.trouble === "consent") await services().turns.again(last);
    },

    onEverywhere() {
      services().scope = null;
      this.setData({ scopeTitle: "" });
      void this.fetchStarters();
    },

    onDeed({ detail }: WechatMiniprogram.CustomEvent<Deed & { key: string }>) {
      const turn = services().turns.list.find((one) => one.key === detail.key);
      if (!turn) return;
      switch (detail.does) {
        case "ask": return this.ask(detail.message);
        case "again": return this.again(turn);
        case "copy": return this.copy(turn);
        case "source": return this.setData({ source: turn.sources.find(({ n }) => n === detail.n) ?? null });
        case "course": return this.openCourse(detail.id);
        case "rate": return void this.rate(turn, detail);
      }
    },

    onCloseSource() {
      this.setData({ source: null });
    },

    onSheetCourse({ detail }: WechatMiniprogram.CustomEvent<{ id: string }>) {
      this.setData({ source: null });
      this.openCourse(detail.id);
    },

    onScroll({ detail }: WechatMiniprogram.CustomEvent<{ detail?: { scrollTop?: number } }>) {
      const top = detail.detail?.scrollTop ?? 0;
      if (top < own(this).top - A_HAND_SCROLLED) own(this).follows = false; // who reads above is left there
      own(this).top = top;
    },

    // -- what follows from it ----------------------------------------------------------------------------------------

    ask(message: string) {
      if (this.data.busy || this.data.toAgree) return;
      own(this).follows = true;
      this.announce("waiting");
      void services().turns.ask(message, services().asking(this.data.style));
    },

    choose(style: Style) {
      this.setData({ style, styleName: this.data.words[`style_${style}`] });
    },

    again(turn: Turn) {
      own(this).follows = true;
      void services().turns.again(turn);
    },

    copy(turn: Turn) {
      wx.setClipboardData({
        data: answerAsText(turn, this.speak()),
        success: () => this.announce("copied"), // WeChat shows its own word
        fail: () => void wx.showToast({ title: this.data.words.notCopied, icon: "none" }),
      });
    },

    async rate(turn: Turn, { rating, reasons, comment }: Extract<Deed, { does: "rate" }>): Promise<void> {
      const opinion = { turn_id: turn.id, rating, reasons, comment };
      const kept = await services().door.json("/v1/feedback", "POST", opinion).then(() => true, () => false);
      if (kept) {
        turn.opinion = rating;
        services().turns.touched(turn);
      }
      this.announce(kept ? "thanks" : "notKept");
      void wx.showToast({ title: this.data.words[kept ? "thanks" : "notKept"], icon: "none" });
    },

    openCourse(id: string) {
      void wx.navigateTo({ url: `/pages/course/course?id=${encodeURIComponent(id)}` });
    },

    setDraft(draft: string) {
      const { length } = draft.trim();
      const { longest } = this.data;
      this.setData({ draft, hasDraft: length > 0, tooLong: length > longest ? this.say("tooLong", length, longest) : "" });
    },

    // -- drawing -----------------------------------------------------------------------------------------------------

    /** A turn has changed, or all have: draw it, not more often than eyes can see. */
    changed(turn: Turn | null) {
      const mine = own(this);
      const { list } = services().turns;
      const shown = turn && this.data.turns[list.indexOf(turn)];
      if (turn === null || shown?.key !== turn.key || this.data.turns.length !== list.length) return this.drawAll();
      const isGrowing = shown.body && !ended(turn) && turn.phase === "writing";
      if (!isGrowing) return this.draw(turn);
      mine.drawing ??= setTimeout(() => { mine.drawing = null; this.draw(turn); }, DRAWN_EVERY_MS);
    },

    drawAll() {
      const { list, busy } = services().turns;
      const say = this.speak();
      this.setData({ turns: list.map((turn, at) => turnView(turn, at === list.length - 1, say, this.data.writes)), busy });
      this.toEnd();
    },

    draw(turn: Turn) {
      const { list, busy } = services().turns;
      const at = list.indexOf(turn);
      if (at < 0) return;
      const was = this.data.turns[at];
      const view = turnView(turn, at === list.length - 1, this.speak(), this.data.writes);
      this.setData({ [`turns[${at}]`]: view, ...(busy === this.data.busy ? {} : { busy }) });
      if (view.isOver && !was?.isOver) this.announce(turn.phase === "done" ? "finished" : turn.trouble ?? "trouble");
      if (turn.trouble === "consent") void this.fetchTerms();
      if (view.wait) this.tick(turn);
      this.toEnd();
    },

    /** The seconds until a question is welcome again go down. */
    tick(turn: Turn) {
      const mine = own(this);
      mine.ticking ??= setTimeout(() => { mine.ticking = null; this.draw(turn); }, 1_000);
    },

    toEnd() {
      if (!own(this).follows) return;
      const thread = this.selectComponent("#thread") as { scrollToBottom?: () => void } | null;
      if (this.data.turns.length) thread?.scrollToBottom?.();
    },

    announce(word: Word) {
      const seconds = word === "limited" ? ["…"] : [];
      this.setData({ status: this.say(word, ...seconds) });
    },

    say(word: Word, ...values: (string | number)[]): string {
      return this.speak()(word, ...values);
    },

    speak(): Say {
      return speaking(preferences().locale);
    },

    // -- what is fetched ---------------------------------------------------------------------------------------------

    async fetchTerms(): Promise<void> {
      const toAgree = await services().termsToAgree();
      this.setData({ toAgree, agreeFirst: toAgree ? this.say("agreeFirst", toAgree) : "" });
      const about = await services().door.about().catch(() => null);
      if (!about) return;
      const writes = Boolean(about.model);
      const isNew = writes !== this.data.writes;
      this.setData({ writes, longest: about.message_characters ?? 4_000 });
      if (isNew) this.drawAll();
    },

    async fetchStarters(): Promise<void> {
      // The service knows who asks for them: not before the terms are agreed to.
      if (services().turns.list.length || (await services().termsToAgree())) return;
      const { locale, audience, course, lesson } = services().asking("answer");
      const asked = Object.entries({ locale, audience, course_id: course, lesson_id: lesson }).filter(([, value]) => value);
      const query = asked.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
      const found = await services().door.json<{ questions: string[] }>(`/v1/starters?${query}`).catch(() => ({ questions: [] }));
      this.setData({ starters: found.questions });
    },
  },
});

interface Own { follows: boolean; top: number; drawing: number | null; ticking: number | null; unheard: () => void }
const OWN = new WeakMap<object, Own>();

/** What a page remembers and does not draw. */
function own(page: object): Own {
  const found = OWN.get(page) ?? { follows: true, top: 0, drawing: null, ticking: null, unheard: () => {} };
  OWN.set(page, found);
  return found;
}
