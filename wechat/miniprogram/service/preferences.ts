// What the learner chose for this phone.
import { keep, recalled } from "./kept";
import { nearest } from "./words";
import type { Locale } from "./words";

export interface Preferences {
  locale: Locale;
  elder: boolean;
  step: number; // of the text sizes
  audience: string;
  personalised: boolean;
  agreed: string | null; // the version of the terms; empty when the consent was taken back, null when there was none
}

const KEPT = "companion-preferences";

/** What was chosen, the phone's language and the usual size where nothing was. */
export function preferences(): Preferences {
  return { ...usual(), ...recalled<Partial<Preferences>>(KEPT) };
}

export function prefer(change: Partial<Preferences>): Preferences {
  const chosen = { ...preferences(), ...change };
  keep(KEPT, chosen);
  return chosen;
}

export function forgetPreferences(): void {
  keep(KEPT, null);
}

function usual(): Preferences {
  return { locale: nearest(wx.getAppBaseInfo().language), elder: false, step: 0, audience: "", personalised: true, agreed: null };
}
