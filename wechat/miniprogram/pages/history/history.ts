// The learner's conversations of before, to be opened again or erased.
import type { Outline } from "../../service/both/wire";
import { lookOf } from "../../service/look";
import type { Look } from "../../service/look";
import { hereAndNow } from "../../service/moment";
import { preferences } from "../../service/preferences";
import { services } from "../../service/services";
import { wordsOf } from "../../service/words";
import type { WordsOf } from "../../service/words";

type Tap = WechatMiniprogram.BaseEvent<WechatMiniprogram.IAnyObject, { id: string }>;

Component({
  data: {
    words: {} as WordsOf,
    look: {} as Look,
    conversations: [] as { id: string; title: string; day: string }[],
    note: "",
  },

  methods: {
    onShow() {
      const { locale, elder, step } = preferences();
      const words = wordsOf(locale);
      this.setData({ words, look: lookOf(elder, step), note: words.loading });
      wx.setNavigationBarTitle({ title: words.history });
      void this.fetch();
    },

    async fetch(): Promise<void> {
      const { words } = this.data;
      try {
        const { conversations } = await services().door.json<{ conversations: Outline[] }>("/v1/conversations");
        this.setData({ conversations: conversations.map(shown), note: conversations.length ? "" : words.noHistory });
      } catch {
        this.setData({ note: services().network.online ? words.trouble : words.isOffline });
      }
    },

    async onOpen(tap: Tap): Promise<void> {
      try {
        await services().reopen(tap.currentTarget.dataset.id);
      } catch {
        return this.setData({ note: this.data.words.trouble });
      }
      wx.navigateBack();
    },

    onErase(tap: Tap) {
      const { words } = this.data;
      const { id } = tap.currentTarget.dataset;
      wx.showModal({
        title: words.eraseConversation,
        content: words.eraseConversationAsk,
        confirmText: words.eraseShort,
        cancelText: words.cancel,
        success: ({ confirm }) => { if (confirm) void this.erase(id); },
      });
    },

    async erase(id: string): Promise<void> {
      try {
        await services().eraseConversation(id);
      } catch {
        return this.setData({ note: this.data.words.notErased });
      }
      await this.fetch();
      wx.showToast({ title: this.data.words.erased, icon: "none" });
    },
  },
});

function shown({ conversation_id, first_message, touched_at }: Outline): { id: string; title: string; day: string } {
  return { id: conversation_id, title: first_message, day: hereAndNow(touched_at) };
}
