// A course in an answer; tapped, its page opens.
import type { CardView } from "../../service/cards";

Component({
  properties: {
    card: { type: Object, value: {} },
    elder: { type: Boolean, value: false },
  },

  methods: {
    open() {
      this.triggerEvent("open", { id: (this.data.card as CardView).id });
    },
  },
});
