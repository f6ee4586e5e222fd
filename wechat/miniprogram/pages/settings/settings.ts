// What the learner may choose, see of the service, take away and erase.
import type { About } from "../../service/both/wire";
import { exportedFile } from "../../service/kept";
import { lookOf } from "../../service/look";
import type { Look } from "../../service/look";
import { dayHere, short } from "../../service/moment";
import { preferences, prefer } from "../../service/preferences";
import type { Preferences } from "../../service/preferences";
import { Refused } from "../../service/refusal";
import { services } from "../../service/services";
import { LOCALES, speaking, wordsOf } from "../../service/words";
import type { Locale, Word, WordsOf } from "../../service/words";

type Named = WechatMiniprogram.BaseEvent<WechatMiniprogram.IAnyObject, { name: string; link: string }>;
type Input = WechatMiniprogram.CustomEvent<{ value: string }>;
interface Complaint { ticket: string; kind: string; made_at: string; due_at: string; words: string; answer: string | null }
interface Told { name: string; value: string; isUnknown: boolean; link: string }

const NAMES: Record<Locale, string> = { "zh-Hans": "简体中文", "zh-Hant": "繁體中文", en: "English" };
const AUDIENCES = ["", "courier", "worker", "farmer", "senior", "youth", "child"] as const;
const KINDS = ["complaint", "report", "appeal"] as const;
const EXPORTED = "learning-companion.json";

Component({
  data: {
    words: {} as WordsOf,
    look: {} as Look,
    locale: "zh-Hans" as Locale,
    locales: LOCALES.map((name) => ({ name, text: NAMES[name] })),
    audience: "",
    audiences: [] as { name: string; text: string }[],
    personalised: true,
    agreed: null as string | null,
    hasConversation: false,
    facts: [] as Told[],
    keptDays: "",
    kind: "complaint",
    kinds: [] as { name: string; text: string }[],
    complaint: "",
    complaints: [] as { ticket: string; what: string; words: string; answer: string }[],
    note: "",
  },

  methods: {
    onLoad() {
      this.choose({});
      void this.fetchAbout();
      void this.fetchComplaints();
    },

    // -- display and answers -----------------------------------------------------------------------------------------

    onLocale(tap: Named) {
      this.choose({ locale: tap.currentTarget.dataset.name as Locale });
      void this.fetchAbout();
    },

    onAudience(tap: Named) {
      this.choose({ audience: tap.currentTarget.dataset.name });
    },

    onElder() {
      this.choose({ elder: !preferences().elder, step: 0 });
    },

    onSmaller() {
      if (!this.data.look.isSmallest) this.choose({ step: preferences().step - 1 });
    },

    onLarger() {
      if (!this.data.look.isLargest) this.choose({ step: preferences().step + 1 });
    },

    onPersonalised() {
      this.choose({ personalised: !preferences().personalised });
    },

    choose(change: Partial<Preferences>) {
      const { locale, audience, elder, step, personalised, agreed } = Object.keys(change).length ? prefer(change) : preferences();
      const words = wordsOf(locale);
      wx.setNavigationBarTitle({ title: words.settings });
      this.setData({
        words, locale, audience, personalised, agreed,
        look: lookOf(elder, step),
        audiences: AUDIENCES.map((name) => ({ name, text: words[`audience_${name}`] })),
        kinds: KINDS.map((name) => ({ name, text: words[`kind_${name}`] })),
        hasConversation: services().turns.conversation !== null,
      });
    },

    // -- the learner's data ------------------------------------------------------------------------------------------

    /** All that is kept, as a file that goes to a chat of the learner's choice. */
    async onExport(): Promise<void> {
      const { words } = this.data;
      try {
        const whole = await services().door.text("/v1/learners/me/export");
        const filePath = exportedFile();
        wx.getFileSystemManager().writeFileSync(filePath, whole, "utf8");
        await new Promise<void>((resolve, reject) => {
          wx.shareFileMessage({ filePath, fileName: EXPORTED, success: () => resolve(), fail: ({ errMsg }) => reject(new Error(errMsg)) });
        });
        this.setData({ note: words.exported });
      } catch (error) {
        const isNobody = error instanceof Refused && error.problem.status === 404;
        this.setData({ note: isNobody ? words.nothingKept : words.notExported });
      }
    },

    onPrivacyGuide() {
      wx.openPrivacyContract({ fail: () => this.setData({ note: this.data.words.trouble }) });
    },

    async onWithdraw(): Promise<void> {
      const done = await services().withdraw().then(() => true, () => false); // what is kept on the phone is taken back either way
      this.choose({});
      this.setData({ note: this.data.words[done ? "withdrawn" : "trouble"] });
    },

    onEraseConversation() {
      this.confirm("eraseConversation", "eraseConversationAsk", async () => {
        await services().eraseConversation(services().turns.conversation ?? "");
        return "";
      });
    },

    onErase() {
      this.confirm("erase", "eraseAsk", () => services().eraseAll());
    },

    confirm(title: Word, content: Word, erase: () => Promise<string>) {
      const { words } = this.data;
      wx.showModal({
        title: words[title],
        content: words[content],
        confirmText: words.eraseShort,
        cancelText: words.cancel,
        success: ({ confirm }) => { if (confirm) void this.erase(erase); },
      });
    },

    async erase(erase: () => Promise<string>): Promise<void> {
      try {
        const receipt = await erase();
        this.choose({});
        const { words } = this.data;
        this.setData({ note: words.erased + (receipt ? ` ${speaking(preferences().locale)("receipt", short(receipt), receipt)}` : "") });
      } catch {
        this.setData({ note: this.data.words.notErased });
      }
    },

    // -- who answers here --------------------------------------------------------------------------------------------

    async fetchAbout(): Promise<void> {
      const about = await services().door.about().catch(() => null);
      const say = speaking(preferences().locale);
      if (!about) return this.setData({ facts: [], note: say("trouble") });
      this.setData({ facts: toldOf(about, this.data.words), keptDays: say("keptDays", about.conversation_days) });
    },

    onCopyLink(tap: Named) {
      const { linkCopied } = this.data.words;
      wx.setClipboardData({ data: tap.currentTarget.dataset.link, success: () => wx.showToast({ title: linkCopied, icon: "none" }) });
    },

    // -- complaints --------------------------------------------------------------------------------------------------

    onKind(tap: Named) {
      this.setData({ kind: tap.currentTarget.dataset.name });
    },

    onComplaint({ detail }: Input) {
      this.setData({ complaint: detail.value });
    },

    /** What was complained of before, with the answers; nobody is signed in for it who has not agreed yet. */
    async fetchComplaints(): Promise<void> {
      if (await services().termsToAgree()) return;
      const told = await services().door.json<{ complaints: Complaint[] }>("/v1/complaints").catch(() => ({ complaints: [] }));
      const say = speaking(preferences().locale);
      this.setData({
        complaints: told.complaints.map(({ ticket, kind, made_at, due_at, words, answer }) => ({
          ticket: short(ticket), words,
          what: `${say(`kind_${kind}` as Word)} · ${dayHere(made_at)}`,
          answer: answer ?? say("complaintWaits", dayHere(due_at)),
        })),
      });
    },

    async onComplain(): Promise<void> {
      const { kind, complaint } = this.data;
      if (!complaint.trim()) return;
      const { list } = services().turns;
      const say = speaking(preferences().locale);
      try {
        const made = await services().door.json<{ ticket: string; due_at: string }>("/v1/complaints", "POST", {
          kind, words: complaint, turn_id: list[list.length - 1]?.id ?? null,
        });
        this.setData({ complaint: "", note: say("complaintMade", short(made.ticket), dayHere(made.due_at)) });
        void this.fetchComplaints();
      } catch (error) {
        const detail = error instanceof Refused ? error.problem.detail : "";
        this.setData({ note: detail || say("notKept") });
      }
      void wx.showToast({ title: this.data.note, icon: "none", duration: 4_000 });
    },
  },
});

function toldOf({ operator, model, terms_url, privacy_url, hotline }: About, words: WordsOf): Told[] {
  const facts: [Word, string | null, string][] = [
    ["operator", operator, ""],
    ["model", model ? model.name : words.noModel, ""],
    ...(model ? [["filing", model.filing, ""] as [Word, string | null, string]] : []),
    ["terms", terms_url, terms_url ?? ""],
    ["privacy", privacy_url, privacy_url ?? ""],
    ["hotline", hotline, ""],
  ];
  return facts.map(([name, value, link]) => ({ name: words[name], value: value || words.unknown, isUnknown: !value, link }));
}
