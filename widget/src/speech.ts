// Reading aloud and dictation, where the browser does them on the device: what a learner says goes to no third party.
import type { Locale } from "./words";

const TAGS: Record<Locale, string> = { "zh-Hans": "zh-CN", "zh-Hant": "zh-HK", en: "en-US" };

function voiceFor(locale: Locale): SpeechSynthesisVoice | null {
  const voices = globalThis.speechSynthesis?.getVoices().filter((voice) => voice.localService) ?? [];
  const tag = TAGS[locale].toLowerCase();
  const language = tag.slice(0, 2);
  const near = (voice: SpeechSynthesisVoice) => voice.lang.toLowerCase().replace("_", "-");
  return voices.find((voice) => near(voice) === tag) ?? voices.find((voice) => near(voice).startsWith(language)) ?? null;
}

export function canRead(locale: Locale): boolean {
  return voiceFor(locale) !== null;
}

/** Read a text aloud, a little slower than usual; `ended` is called when it is over or was hushed. */
export function read(text: string, locale: Locale, ended: () => void): void {
  speechSynthesis.cancel();
  const said = new SpeechSynthesisUtterance(text.replace(/\[\d{1,2}\]|[*_`>#$\\]/g, " "));
  said.voice = voiceFor(locale);
  said.lang = TAGS[locale];
  said.rate = 0.9;
  said.onend = ended;
  said.onerror = ended;
  speechSynthesis.speak(said);
}

export function hush(): void {
  globalThis.speechSynthesis?.cancel();
}

interface Recognition extends EventTarget {
  lang: string; processLocally: boolean; interimResults: boolean;
  onresult: ((event: { results: { 0: { transcript: string } }[] }) => void) | null;
  onend: (() => void) | null; onerror: (() => void) | null;
  start(): void; abort(): void;
}
type Recogniser = { new (): Recognition; available?(wish: { langs: string[]; processLocally: boolean }): Promise<string> };

function recogniser(): Recogniser | null {
  const names = globalThis as unknown as Record<string, Recogniser | undefined>;
  return names["SpeechRecognition"] ?? names["webkitSpeechRecognition"] ?? null;
}

/** Whether speech becomes text on this device. Browsers that would send it away do not count. */
export async function canDictate(locale: Locale): Promise<boolean> {
  const there = recogniser();
  if (!there?.available) return false;
  try {
    return (await there.available({ langs: [TAGS[locale]], processLocally: true })) === "available";
  } catch { return false; }
}

/** Listen until the learner pauses; the function returned gives up. */
export function dictate(locale: Locale, heard: (text: string) => void, ended: () => void): () => void {
  const listening = new (recogniser()!)();
  listening.lang = TAGS[locale];
  listening.processLocally = true;
  listening.onresult = ({ results }) => heard([...results].map((result) => result[0].transcript).join(""));
  listening.onend = ended;
  listening.onerror = ended;
  listening.start();
  return () => listening.abort();
}
