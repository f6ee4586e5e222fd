// What goes over the wire, as docs/api and companion/events.py have it.
export interface Source {
  n: number; passage_id: string; course_id: string; course_title: string; lesson_title: string; locator: string; expired?: string | null;
  url: string | null; quote: string; as_of: string | null; sample: boolean;
}

export interface Offering {
  city: string | null; district: string | null; town: string | null; address: string | null; start: string | null;
  end: string | null; seats: number | null; step_free: boolean | null;
}

export interface Step { number: number; of: number; status: "open" | "done" | "again"; begins: string | null; ends: string | null }

export interface Card {
  course_id: string; title: string; reason?: string; sample: boolean; summary: string | null; provider: string | null;
  level: number | null; hours: number | null; credits: number | null; delivery: string | null; url: string | null;
  price: { amount: number; currency: string } | null; offerings?: Offering[]; step?: Step | null;
}

export interface QuizItem { number: number; kind: "fill_in" | "true_false" | "choice" | "open"; prompt: string; options: string[] }

export interface Aigc { label: string; producer: string; produce_id: string; notice: string }

export interface Done {
  mode: "generated" | "extracted" | "catalogue" | "declined"; grounded: boolean | null; cited: number[];
  fallback: { reason: string } | null; aigc: Aigc | null; more?: boolean; quiz?: QuizItem[]; call?: string[];
}

export interface Passage {
  text: string; heading_path: string[]; locator: string; as_of: string | null; course_id: string; course_title: string;
  lesson_title: string; url: string | null; sample: boolean;
}

export interface Complaint { ticket: string; kind: string; made_at: string; due_at: string; words: string; answer: string | null }

/** A turn of a conversation of before. */
export interface Kept {
  id: string; message: string; reply: string; mode: Done["mode"]; ai: boolean; grounded: boolean | null; passages: string[];
  courses: Card[];
}

export interface About {
  operator: string | null; model: { name: string; filing: string | null } | null; terms_url: string | null;
  privacy_url: string | null; visitors: boolean; hotline: string | null; consent_version: string | null; conversation_days: number; message_characters?: number;
}

export interface Problem { status: number; title: string; detail: string; retryAfter: number }

/** An answer that is not a good one. */
export class Refused extends Error {
  constructor(readonly problem: Problem) { super(problem.detail); }
}
