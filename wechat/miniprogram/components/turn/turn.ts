// One question and its answer. What the learner does with it is told to the page as one event, `deed`.
import type { QuizItem } from "../../service/both/wire";
import { citedBy } from "../../service/markdown";
import type { TurnView } from "../../service/view";
import type { Word, WordsOf } from "../../service/words";

/** What a learner can do with a turn. */
export type Deed =
  | { does: "ask"; message: string }
  | { does: "again" | "copy" }
  | { does: "source"; n: number }
  | { does: "course"; id: string }
  | { does: "rate"; rating: "up" | "down"; reasons: string[]; comment: string };

type Tap = WechatMiniprogram.BaseEvent<WechatMiniprogram.IAnyObject, { at: number; n: number; text: string; value: string }>;
type Input = WechatMiniprogram.CustomEvent<{ value: string }, WechatMiniprogram.IAnyObject, { at: number }>;

const REASONS = ["wrong", "incomplete", "not_my_question", "outdated", "unclear", "unsafe", "no_course"] as const;
const LETTERS = "ABCDEFGHIJKL";

Component({
  properties: {
    turn: { type: Object, value: {} },
    words: { type: Object, value: {} },
    busy: { type: Boolean, value: false },
    elder: { type: Boolean, value: false },
  },

  data: {
    asksWhy: false,
    reasons: [] as { name: string; text: string; isChosen: boolean }[],
    comment: "",
    only: null as { text: string }[] | null, // the options of a quiz of one question
    choices: [] as { value: string; text: string }[][], // those of each question of a longer one
    answers: [] as string[],
  },

  observers: {
    "turn.quiz"(quiz: QuizItem[] | undefined) {
      if (!quiz?.length) return;
      const choices = quiz.map((item) => optionsOf(item, this.data.words as WordsOf));
      const isOfOne = quiz.length === 1 && choices[0]!.length > 0;
      // The turn is drawn again when something else of it changes: what was answered so far stays.
      const answers = this.data.answers.length === quiz.length ? this.data.answers : quiz.map(() => "");
      this.setData({ choices, only: isOfOne ? choices[0]! : null, answers });
    },
  },

  methods: {
    onMarkdown({ detail }: WechatMiniprogram.CustomEvent<{ node?: { type?: string; href?: string } }>) {
      const n = citedBy(detail.node);
      if (n !== null) this.tell({ does: "source", n });
    },

    onSource(tap: Tap) {
      this.tell({ does: "source", n: tap.currentTarget.dataset.n });
    },

    onCourse({ detail }: WechatMiniprogram.CustomEvent<{ id: string }>) {
      this.tell({ does: "course", id: detail.id });
    },

    onRetry() {
      if (!this.data.busy && !this.view().wait) this.tell({ does: "again" });
    },

    /** WeChat asks before it calls. */
    onCall(tap: Tap) {
      void wx.makePhoneCall({ phoneNumber: tap.currentTarget.dataset.text, fail: () => {} });
    },

    onCopy() {
      this.tell({ does: "copy" });
    },

    onMore() {
      this.ask((this.data.words as WordsOf).more);
    },

    onGood() {
      this.setData({ asksWhy: false });
      this.tell({ does: "rate", rating: "up", reasons: [], comment: "" });
    },

    onBad() {
      const words = this.data.words as WordsOf;
      const reasons = REASONS.map((name) => ({ name, text: words[`reason_${name}` as Word], isChosen: false }));
      this.setData({ asksWhy: !this.data.asksWhy, reasons, comment: "" });
    },

    onReason(tap: Tap) {
      const { at } = tap.currentTarget.dataset;
      this.setData({ [`reasons[${at}].isChosen`]: !this.data.reasons[at]!.isChosen });
    },

    onComment({ detail }: Input) {
      this.data.comment = detail.value; // not drawn: the field shows it
    },

    onSendOpinion() {
      const reasons = this.data.reasons.filter((reason) => reason.isChosen).map((reason) => reason.name);
      this.setData({ asksWhy: false });
      this.tell({ does: "rate", rating: "down", reasons, comment: this.data.comment });
    },

    onOption(tap: Tap) {
      this.ask(tap.currentTarget.dataset.text);
    },

    onAnswer({ detail, currentTarget }: Input) {
      this.data.answers[currentTarget.dataset.at] = detail.value;
    },

    onChoice(tap: Tap) {
      const { at, value } = tap.currentTarget.dataset;
      this.setData({ [`answers[${at}]`]: value });
    },

    onHandIn() {
      const answers = this.data.answers.map((answer) => answer.replace(/\s+/g, " ").trim());
      if (answers.some((answer) => !answer)) return;
      this.ask(answers.length > 1 ? answers.map((answer, at) => `${at + 1}. ${answer}`).join("\n") : answers[0]!);
    },

    onSkip() {
      this.ask((this.data.words as WordsOf).quizSkip);
    },

    ask(message: string) {
      if (!this.data.busy) this.tell({ does: "ask", message });
    },

    tell(deed: Deed) {
      this.triggerEvent("deed", { ...deed, key: this.view().key });
    },

    view(): TurnView {
      return this.data.turn as TurnView;
    },
  },
});

/** What a question offers; nothing where its answer is written. A quiz of one question is answered by tapping. */
function optionsOf({ kind, options }: QuizItem, { right, wrong }: WordsOf): { value: string; text: string }[] {
  if (kind === "choice") return options.map((option, at) => ({ value: LETTERS[at]!, text: `${LETTERS[at]}. ${option}` }));
  return kind === "true_false" ? [right, wrong].map((text) => ({ value: text, text })) : [];
}
