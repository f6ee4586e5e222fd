// Course cards. What the record does not say is not said here either.
import { element } from "./element.js";
import { sampleTag } from "./sources.js";
import { word } from "./words.js";

const SESSIONS_SHOWN = 2;

export function courseCards(courses) {
  return element("ul", "courses", ...courses.map((course) => element("li", "course", ...cardOf(course))));
}

function cardOf(course) {
  return [
    element("h3", "", course.title, " ", sampleTag(course)),
    course.reason && element("p", "reason", course.reason),
    course.summary && element("p", "", course.summary),
    element("dl", "facts", ...factsOf(course).map(([name, fact]) =>
      element("div", "", element("dt", "", word(name)), element("dd", fact ? "" : "unknown", fact || word("unknown"))))),
    ...nextSessions(course).map((one) => element("p", "session", element("b", "", word("session")), " ", sessionOf(one))),
  ];
}

function factsOf({ provider, level, hours, credits, price, delivery }) {
  return [
    ["provider", provider],
    ["level", level && String(level)],
    ["hours", hours != null && String(hours)],
    ["credits", credits != null && String(credits)],
    ["price", price && (price.amount === 0 ? word("free") : `${price.amount} ${price.currency}`)],
    ["delivery", delivery && word(delivery === "offline" ? "offline_course" : delivery)],
  ];
}

function nextSessions({ offerings }) {
  const today = new Date().toLocaleDateString("sv"); // Swedish dates are ISO dates
  return (offerings ?? [])
    .filter((one) => (one.city || one.address) && (!one.start || one.start >= today))
    .sort((one, other) => (one.start ?? "9").localeCompare(other.start ?? "9"))
    .slice(0, SESSIONS_SHOWN);
}

function sessionOf({ start, city, district, address, seats, step_free }) {
  return [
    start ?? word("dateUnknown"),
    [city, district, address].filter(Boolean).join(" "),
    seats != null && `${word("seats")} ${seats}`,
    step_free != null && word(step_free ? "stepFree" : "steps"),
  ].filter(Boolean).join(" · ");
}
