// The demo portal page: one box, one thread of turns.
import { knock } from "./door.js";
import { button, element } from "./element.js";
import { eventsOf } from "./stream.js";
import { Turn } from "./turn.js";
import { locale, remember, remembered, speak, word } from "./words.js";

const $ = (selector) => document.querySelector(selector);
const [form, box, thread, status, stop, send] = ["#ask", "#message", "#thread", "#status", "#stop", "#send"].map($);
const STOPPED = "stopped by the learner";
// After a lost connection: so many tries to go on with the turn, and how long to wait before each, in ms.
const TRIES = [500, 1_500, 4_000, 8_000];
const AUDIENCES = ["", "courier", "senior", "worker", "farmer", "child"];
const STYLES = ["answer", "hint", "quiz", "plan"];
let conversation = null;
let running = null;

start();

function start() {
  const questions = fetch("/portal/questions.json").then((response) => response.json()).catch(() => ({}));
  const translate = () => { applyLocale(); questions.then(showStarters); };
  $("#locale").value = locale;
  $("#locale").addEventListener("change", ({ target }) => { speak(target.value); translate(); });
  $("#larger").addEventListener("click", () => setLarger($("#larger").ariaPressed !== "true"));
  setLarger(remembered("larger") === "true");
  form.addEventListener("submit", (event) => { event.preventDefault(); submit(); });
  box.addEventListener("keydown", sendOnEnter);
  stop.addEventListener("click", () => { running?.abort(STOPPED); box.focus({ preventScroll: true }); });
  translate();
}

function sendOnEnter(event) {
  const composing = event.isComposing || event.keyCode === 229; // Safari says 229 for the Enter that ends a composition
  if (event.key !== "Enter" || event.shiftKey || composing) return;
  event.preventDefault();
  submit();
}

function submit() {
  const message = box.value.trim();
  if (!message || running) return;
  box.value = "";
  ask(message);
}

/** Ask, and put the turn at the end of the thread, or where a failed one stands. */
async function ask(message, failed = null) {
  if (running) return;
  setRunning(new AbortController());
  const { signal } = running;
  const turn = new Turn(message, { announce: (text) => { status.textContent = text; }, retry: (root) => ask(message, root) });
  failed ? failed.replaceWith(turn.root) : thread.append(turn.root);
  turn.root.scrollIntoView({ block: "start" });
  try {
    await follow(turn, await post(message, signal), signal);
    if (!turn.ended) turn.fail(word("lost"));
  } catch {
    if (turn.ended) return;
    if (signal.reason === STOPPED) turn.fail(word("stopped"), "", "stopped");
    else turn.fail(word(navigator.onLine ? "lost" : "offline"));
  } finally {
    if (signal.reason === STOPPED && turn.id) knock(`/v1/chat/turns/${turn.id}`, { method: "DELETE" }).catch(() => {});
    setRunning(null);
  }
}

function post(message, signal) {
  return knock("/v1/chat", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "text/event-stream", "Idempotency-Key": newKey() },
    body: JSON.stringify({
      message, locale, style: $("#style").value, audience: $("#audience").value || null,
      ...(conversation && { conversation_id: conversation }),
    }),
    signal,
  });
}

/** crypto.randomUUID is there on secure pages alone. */
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Receive a turn to its end; where the connection breaks, go on after the last event that arrived. */
async function follow(turn, response, signal) {
  for (const wait of [0, ...TRIES]) {
    if (wait) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      response = await resumed(turn, signal);
    }
    try {
      if (response) await receive(turn, response);
    } catch (error) {
      if (signal.aborted) throw error;
    }
    if (turn.ended || !turn.id || signal.aborted) return;
  }
}

function resumed(turn, signal) {
  const headers = { Accept: "text/event-stream", "Last-Event-ID": turn.last };
  return knock(`/v1/chat/turns/${turn.id}/events`, { headers, signal }).catch(() => null);
}

async function receive(turn, response) {
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    return turn.fail(problem.title ?? `${word("trouble")} ${response.status}`, problem.detail);
  }
  for await (const { event, data, id } of eventsOf(response)) {
    if (event === "turn") conversation = data.conversation_id;
    turn.take(event, data, id);
    if (turn.ended) return;
  }
}

function showStarters(questions) {
  $("#starters ul").replaceChildren(...(questions[locale] ?? []).map((question) =>
    element("li", "", button("", () => ask(question), question))));
}

function applyLocale() {
  document.documentElement.lang = locale;
  document.title = word("title");
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = word(node.dataset.word);
  box.placeholder = word("placeholder");
  thread.setAttribute("aria-label", word("thread"));
  offer($("#audience"), "audience", AUDIENCES);
  offer($("#style"), "style", STYLES);
}

/** The choices of a select in the page's language; what was chosen stays chosen. */
function offer(select, name, values) {
  const chosen = select.value || remembered(name) || values[0];
  select.replaceChildren(...values.map((value) => {
    const option = element("option", "", word(`${name}_${value}`));
    option.value = value;
    return option;
  }));
  select.value = values.includes(chosen) ? chosen : values[0];
  select.onchange = () => { remember(name, select.value); box.focus({ preventScroll: true }); };
}

function setRunning(controller) {
  running = controller;
  stop.hidden = !controller;
  send.hidden = Boolean(controller);
  if (controller) $("#starters").hidden = true;
  for (const retry of thread.querySelectorAll(".retry")) retry.disabled = Boolean(controller);
}

function setLarger(on) {
  document.documentElement.classList.toggle("larger", on);
  $("#larger").ariaPressed = String(on);
  remember("larger", String(on));
}
