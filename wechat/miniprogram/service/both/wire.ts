// What goes over the wire, as companion/events.py and companion/http have it.
export interface Source {
  n: number; passage_id: string; course_id: string; course_title: string; lesson_title: string; locator: string;
  url: string | null; quote: string; as_of: string | null; sample: boolean; expired?: string | null;
}

export interface Offering {
  city: string | null; district: string | null; town: string | null; address: string | null; start: string | null;
  end: string | null; seats: number | null; step_free: boolean | null;
}

export interface Step { number: number; of: number; status: "open" | "done" | "again"; begins: string | null; ends: string | null }

/** A course as the catalogue tells it: all but the id, the title and whether it is sample data may be unknown. */
export interface Card {
  course_id: string; title: string; sample: boolean; reason?: string; summary?: string | null; provider?: string | null;
  level?: number | null; hours?: number | null; credits?: number | null; delivery?: "online" | "offline" | "blended" | null;
  price?: { amount: number; currency: string } | null; offerings?: Offering[]; step?: Step | null; url?: string | null;
  updated_at?: string | null;
}

export interface Lesson { lesson_id: string; title: string; updated_at: string | null }

/** GET /v1/courses/{id} */
export interface Course extends Card {
  subjects: string[]; skills: string[]; prerequisites: string[]; valid_until: string | null; licence: string | null; lessons: Lesson[];
}

export interface QuizItem { number: number; kind: "fill_in" | "true_false" | "choice" | "open"; prompt: string; options: string[] }

export interface Aigc { label: string; producer: string; produce_id: string; notice: string }

export type Mode = "generated" | "extracted" | "catalogue" | "declined";

export interface Done {
  mode: Mode; grounded: boolean | null; cited: number[]; fallback: { reason: string } | null; aigc: Aigc | null; more?: boolean;
  quiz?: QuizItem[]; call?: string[];
}

export interface Passage {
  text: string; heading_path: string[]; locator: string; as_of: string | null; course_id: string; course_title: string;
  lesson_title: string; url: string | null; sample: boolean;
}

/** A turn of a conversation of before. */
export interface Kept {
  id: string; message: string; reply: string; mode: Mode; ai: boolean; grounded: boolean | null; passages: string[];
  courses: Card[];
}

export interface Complaint { ticket: string; kind: string; made_at: string; due_at: string; words: string; answer: string | null }

export interface Outline { conversation_id: string; first_message: string; touched_at: string }

export interface About {
  operator: string | null; model: { name: string; filing: string | null } | null; terms_url: string | null; privacy_url: string | null;
  visitors: boolean; hotline: string | null; consent_version: string | null; conversation_days: number; message_characters?: number;
}

export interface Problem { status: number; title: string; detail: string; retryAfter: number }

/** One event of a turn. What arrives twice has the same number. */
export type TurnEvent = { number: number } & (
  | { name: "turn"; data: { turn_id: string; conversation_id: string } }
  | { name: "sources"; data: { sources: Source[] } }
  | { name: "courses"; data: { courses: Card[] } }
  | { name: "text"; data: { text: string; ai: boolean } }
  | { name: "done"; data: Done }
  | { name: "error"; data: Omit<Problem, "retryAfter"> }
);
