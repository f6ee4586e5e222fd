// The one file a page loads: <script src=".../widget.js" async></script> <learning-companion></learning-companion>
import { LearningCompanion } from "./companion";
import { TurnView } from "./turn-view";

const script = document.currentScript as HTMLScriptElement | null;
LearningCompanion.home = script ? new URL(script.src, document.baseURI).origin : location.origin;

// A page may load it twice.
if (!customElements.get("learning-companion")) {
  customElements.define("learning-companion-turn", TurnView);
  customElements.define("learning-companion", LearningCompanion);
}

declare global {
  interface HTMLElementTagNameMap {
    "learning-companion": LearningCompanion;
    "learning-companion-turn": TurnView;
  }
}
