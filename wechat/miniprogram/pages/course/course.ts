// A course: what its record says, its sessions, its lessons. What the record leaves open is said to be open.
import { decoded } from "../../service/address";
import { sessionsOf } from "../../service/both/record";
import type { Course } from "../../service/both/wire";
import { recordFacts } from "../../service/cards";
import type { Fact } from "../../service/cards";
import { lookOf } from "../../service/look";
import type { Look } from "../../service/look";
import { preferences } from "../../service/preferences";
import { services } from "../../service/services";
import { speaking, wordsOf } from "../../service/words";
import type { WordsOf } from "../../service/words";

type Tap = WechatMiniprogram.BaseEvent<WechatMiniprogram.IAnyObject, { lesson: string; title?: string; link: string }>;

const ALL_SESSIONS = 20;

Component({
  data: {
    words: {} as WordsOf,
    look: {} as Look,
    course: null as Course | null,
    facts: [] as Fact[],
    sessions: [] as string[],
    lessons: [] as { id: string; title: string; link: string }[],
    link: "",
    note: "",
    lost: "", // the id of a course that could not be had
  },

  methods: {
    onLoad(opened: { id?: string }) {
      const { locale, elder, step } = preferences();
      const words = wordsOf(locale);
      this.setData({ words, look: lookOf(elder, step), note: words.loading });
      void this.fetch(decoded(opened.id));
    },

    onShareAppMessage() {
      const { course, words } = this.data;
      return { title: course?.title ?? words.title, path: `/pages/course/course?id=${encodeURIComponent(course?.course_id ?? "")}` };
    },

    async fetch(id: string): Promise<void> {
      const { door } = services();
      const say = speaking(preferences().locale);
      const course = await door.json<Course>(`/v1/courses/${encodeURIComponent(id)}`).catch(() => null);
      if (!course) return this.setData({ note: this.data.words.noCourse, lost: id });
      wx.setNavigationBarTitle({ title: course.title });
      this.setData({
        course,
        note: "",
        lost: "",
        facts: recordFacts(course, say),
        sessions: sessionsOf(course.offerings ?? [], say, ALL_SESSIONS),
        lessons: course.lessons.map(({ lesson_id, title }) => ({ id: lesson_id, title, link: `${door.base}/lessons/${encodeURIComponent(lesson_id)}` })),
        link: course.url && /^https?:\/\//.test(course.url) ? course.url : "",
      });
    },

    onRetry() {
      this.setData({ note: this.data.words.loading });
      void this.fetch(this.data.lost);
    },

    /** The next questions are looked for in this course, or this lesson, first. */
    onAsk(tap: Tap) {
      const { course } = this.data;
      if (!course) return;
      const { lesson, title } = tap.currentTarget.dataset;
      services().scope = { course: course.course_id, lesson, title: title ?? course.title };
      void wx.reLaunch({ url: "/pages/chat/chat" });
    },

    /** A mini-program opens no other sites: the address goes to the learner's browser by hand. */
    onCopyLink(tap: Tap) {
      const { linkCopied } = this.data.words;
      wx.setClipboardData({ data: tap.currentTarget.dataset.link, success: () => wx.showToast({ title: linkCopied, icon: "none" }) });
    },
  },
});
