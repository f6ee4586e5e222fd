// The demo portal page: one box, one thread, sources that open in place.
import { element, render } from "./markdown.js";
import { eventsOf } from "./stream.js";
import { WORDS } from "./words.js";

const $ = (selector) => document.querySelector(selector);
const [form, box, thread, status, stop, send, dialog] =
  ["#ask", "#message", "#thread", "#status", "#stop", "#send", "#source"].map($);
let locale = stored("locale") ?? preferred();
let conversation = null;
let running = null;

start();

function start() {
  const questions = fetch("/portal/questions.json").then((answer) => answer.json());
  const setLocale = () => { applyLocale(); questions.then(showStarters); };
  $("#locale").value = locale;
  $("#locale").addEventListener("change", (event) => { locale = event.target.value; store("locale", locale); setLocale(); });
  $("#larger").addEventListener("click", (event) => setLarger(event.target.getAttribute("aria-pressed") !== "true"));
  setLarger(stored("larger") === "true");
  form.addEventListener("submit", (event) => { event.preventDefault(); ask(box.value); });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); ask(box.value); }
  });
  stop.addEventListener("click", () => running?.abort());
  setLocale();
}

async function ask(message) {
  if (!message.trim() || running) return;
  $("#starters").hidden = true;
  box.value = "";
  thread.append(element("div", message, "asked"));
  const answer = new Answer(message);
  thread.append(answer.root);
  setRunning(new AbortController());
  answer.root.scrollIntoView({ block: "nearest" });
  try {
    const response = await fetch("/v1/chat", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
      body: JSON.stringify({ message, locale, ...(conversation && { conversation_id: conversation }) }),
      signal: running.signal,
    });
    if (!response.ok) answer.fail(await problemOf(response));
    else for await (const { event, data } of eventsOf(response)) answer.take(event, data);
    if (!answer.ended) answer.fail(word("lost"));
  } catch (error) {
    answer.fail(error.name === "AbortError" ? word("stopped") : navigator.onLine ? word("lost") : word("offline"));
  } finally {
    setRunning(null);
    box.focus();
  }
}

class Answer {
  constructor(message) {
    this.message = message;
    this.text = "";
    this.sources = [];
    this.ended = false;
    this.root = element("article", "", "answer");
    this.body = element("div", word("waiting"), "waiting");
    this.root.append(this.body);
    status.textContent = word("waiting");
  }

  take(event, data) {
    if (event === "turn") conversation = data.conversation_id;
    if (event === "sources") this.sources = data.sources;
    if (event === "courses") this.root.append(courseCards(data.courses));
    if (event === "text") this.add(data.text);
    if (event === "done") this.finish(data);
    if (event === "error") this.fail(`${data.title}: ${data.detail}`);
  }

  add(text) {
    if (!this.text) { this.body.className = ""; status.textContent = word("writing"); }
    this.text += text;
    this.body.replaceChildren(render(this.text, (n) => this.citation(n)));
  }

  citation(n) {
    const source = this.sources.find((one) => one.n === n);
    if (!source) return null;
    const button = element("button", String(n), "cite");
    button.type = "button";
    button.setAttribute("aria-label", `${word("openSource")} ${n}: ${source.lesson_title} ${source.locator}`);
    button.addEventListener("click", () => openSource(source));
    return button;
  }

  finish(done) {
    this.ended = true;
    const cited = this.sources.filter((source) => done.cited.includes(source.n));
    if (cited.length) this.root.append(sourceList(cited));
    const mode = element("p", "", "mode");
    if (done.aigc) mode.append(element("span", done.aigc.notice, "aigc"));
    mode.append(done.fallback ? word("fallback") : word(done.mode));
    if (mode.textContent) this.root.append(mode);
    status.textContent = word("finished");
  }

  fail(why) {
    this.ended = true;
    if (!this.text) this.body.replaceChildren();
    this.body.className = "";
    const retry = element("button", word("retry"));
    retry.type = "button";
    retry.addEventListener("click", () => { retry.remove(); ask(this.message); });
    this.root.append(element("p", why, "problem"), retry);
    status.textContent = why;
  }
}

function sourceList(sources) {
  const list = element("ol", "", "sources");
  list.setAttribute("aria-label", word("sources"));
  for (const source of sources) {
    const button = element("button", `[${source.n}] ${placeOf(source)} `);
    button.type = "button";
    if (source.sample) button.append(element("span", word("sample"), "sample"));
    button.addEventListener("click", () => openSource(source));
    const item = element("li");
    item.append(button);
    list.append(item);
  }
  return list;
}

function placeOf(source) {
  const parts = [source.course_title, source.lesson_title, source.locator];
  const named = parts.filter((part, at) => part && parts.indexOf(part) === at);
  return named.join(" / ") + (source.as_of ? ` (${word("asOf")} ${source.as_of})` : "");
}

async function openSource(source) {
  $("#source-title").textContent = source.lesson_title;
  dialog.querySelector(".place").textContent = placeOf(source);
  const body = dialog.querySelector(".passage");
  body.textContent = source.quote;
  dialog.showModal();
  const response = await fetch(`/v1/passages/${encodeURIComponent(source.passage_id)}`).catch(() => null);
  if (!response?.ok) return;
  const { text } = await response.json();
  const at = text.indexOf(source.quote);
  body.replaceChildren(
    ...(at < 0 ? [text] : [text.slice(0, at), element("mark", source.quote), text.slice(at + source.quote.length)]),
  );
  body.querySelector("mark")?.scrollIntoView({ block: "nearest" });
}

function courseCards(courses) {
  const cards = element("div", "", "courses");
  for (const course of courses) {
    const card = element("section", "", "course");
    const title = element("h3", `${course.title} `);
    if (course.sample) title.append(element("span", word("sample"), "sample"));
    card.append(title, element("p", course.reason));
    if (course.summary) card.append(element("p", course.summary));
    card.append(element("p", factsOf(course).join(" · "), "facts"));
    for (const offering of nextOfferings(course)) card.append(element("p", sessionOf(offering), "facts"));
    cards.append(card);
  }
  return cards;
}

// What the record does not say is not said here either.
function factsOf(course) {
  return [
    course.provider,
    course.level && `${word("level")} ${course.level}`,
    course.hours && `${course.hours} ${word("hours")}`,
    course.credits != null && `${course.credits} ${word("credits")}`,
    course.price && (course.price.amount ? `${course.price.amount} ${course.price.currency}` : word("free")),
    course.delivery && word(course.delivery === "offline" ? "offline_" : course.delivery),
  ].filter(Boolean);
}

function nextOfferings(course) {
  const today = new Date().toISOString().slice(0, 10);
  return course.offerings.filter((one) => !one.start || one.start >= today).slice(0, 2);
}

function sessionOf(one) {
  return [one.start, [one.city, one.district, one.town, one.address].filter(Boolean).join(" "),
    one.seats != null && `${word("seats")} ${one.seats}`, one.step_free && word("stepFree")].filter(Boolean).join(" · ");
}

function showStarters(questions) {
  const items = questions[locale].map((question) => {
    const button = element("button", question);
    button.type = "button";
    button.addEventListener("click", () => ask(question));
    const item = element("li");
    item.append(button);
    return item;
  });
  $("#starters ul").replaceChildren(...items);
}

async function problemOf(response) {
  const problem = await response.json().catch(() => ({}));
  return problem.detail ? `${problem.title}: ${problem.detail}` : `${response.status}`;
}

function applyLocale() {
  document.documentElement.lang = locale;
  document.title = word("title");
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = word(node.dataset.word);
  box.placeholder = word("placeholder");
  thread.setAttribute("aria-label", word("thread"));
}

function setRunning(controller) {
  running = controller;
  stop.hidden = !controller;
  send.disabled = Boolean(controller);
}

function setLarger(on) {
  document.documentElement.classList.toggle("larger", on);
  $("#larger").setAttribute("aria-pressed", String(on));
  store("larger", String(on));
}

function word(name) { return WORDS[locale][name]; }
function preferred() { return /^zh-(hant|hk|tw|mo)/i.test(navigator.language) ? "zh-Hant" : /^en/i.test(navigator.language) ? "en" : "zh-Hans"; }
function stored(key) { try { return localStorage.getItem(key); } catch { return null; } }
function store(key, value) { try { localStorage.setItem(key, value); } catch { /* a private window keeps nothing */ } }
