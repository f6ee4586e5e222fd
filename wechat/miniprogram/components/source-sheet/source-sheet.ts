// The passage behind a citation, with the sentence that was quoted marked in it.
import type { Passage, Source } from "../../service/both/wire";
import type { Fact } from "../../service/cards";
import { services } from "../../service/services";
import type { WordsOf } from "../../service/words";

Component({
  properties: {
    source: { type: null, value: null },
    words: { type: Object, value: {} },
  },

  data: { facts: [] as Fact[], before: "", marked: "", after: "", link: "" },

  observers: {
    source(source: Source | null) {
      if (source) void this.show(source);
    },
  },

  methods: {
    async show(source: Source): Promise<void> {
      const words = this.data.words as WordsOf;
      this.setData({ facts: factsOf(source, null, words), before: words.loading, marked: "", after: "", link: linkOf(source.url) });
      const passage = await services().door.json<Passage>(`/v1/passages/${encodeURIComponent(source.passage_id)}`).catch(() => null);
      const shown = this.data.source as unknown as Source | null;
      if (shown?.passage_id !== source.passage_id) return; // another was opened meanwhile
      if (!passage) return this.setData({ before: words.noPassage });
      this.setData({ facts: factsOf(source, passage, words), ...parted(passage.text, source.quote) });
    },

    close() {
      this.triggerEvent("close");
    },

    openCourse() {
      this.triggerEvent("course", { id: (this.data.source as unknown as Source).course_id });
    },

    copyLink() {
      const { linkCopied } = this.data.words as WordsOf;
      wx.setClipboardData({ data: this.data.link, success: () => wx.showToast({ title: linkCopied, icon: "none" }) });
    },
  },
});

function factsOf(source: Source, passage: Passage | null, words: WordsOf): Fact[] {
  const heading = (passage?.heading_path ?? []).join(" › ");
  const facts: [string, string][] = [
    [words.lesson, source.lesson_title],
    [words.locator, source.locator],
    [words.asOf, source.as_of ?? words.unknown],
    [words.expired, source.expired ?? ""],
    [words.heading, heading === source.locator ? "" : heading],
    [words.original, linkOf(source.url)],
  ];
  return facts.filter(([, value]) => value).map(([name, value]) => ({ name, value, isUnknown: false }));
}

/** Only what a browser opens safely; a mini-program opens no other sites, so it is shown and copied. */
function linkOf(url: string | null): string {
  return url && /^https?:\/\//.test(url) ? url : "";
}

function parted(text: string, quote: string): { before: string; marked: string; after: string } {
  const at = quote ? text.indexOf(quote) : -1;
  if (at < 0) return { before: text, marked: "", after: "" };
  return { before: text.slice(0, at), marked: quote, after: text.slice(at + quote.length) };
}
