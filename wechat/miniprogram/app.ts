// The app: its parts are made once, and taken up again when it comes back.
import { Services } from "./service/services";

App<{ services: Services }>({
  services: new Services(),

  onLaunch() {
    this.services.turns.restore();
  },

  onShow() {
    // In the background WeChat ends a request after five seconds: go on where it was.
    this.services.turns.wake();
  },
});
