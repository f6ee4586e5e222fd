/** The mini-program on a simulated phone against the real service, which answers from the sample courses. */
const fs = require("fs");
const { open, textOf, tap, until, sleep } = require("./phone");
const { GOOD, Model, RealPhone, Service, indexed } = require("./service");

jest.setTimeout(120_000);

const QUESTION = "电动车要用原装的充电器吗？"; // the passage that answers it is source 1
// In other words each time: what a model says again is passed over.
const SENTENCES = ["", "一般来说，", "另外，", "所以，", "也就是说，", "总的来说，"].map((lead) => lead + GOOD);
const SAID = SENTENCES.map((sentence) => sentence.trim()).join("");

let data;
let model;
let service;
let phone;
let parts;

beforeAll(async () => {
  data = indexed();
  model = new Model(SENTENCES);
  service = await new Service(data, { llm_base_url: await model.start(), llm_model: "slow", consent_version: "2026-09" }).start();
});

afterAll(async () => {
  await service?.stop();
  model?.server.closeAllConnections();
  model?.server.close();
  if (data) fs.rmSync(data, { recursive: true });
});

afterEach(() => {
  parts.turns.stop();
  document.body.innerHTML = "";
});

/** The chat page of a learner who is new here and has agreed to the terms. */
async function begin() {
  phone = new RealPhone(service);
  parts = phone.launch(service.url);
  const page = open("pages/chat/chat");
  await until(() => page.querySelector("#agree"), "the terms", 20_000);
  tap(page, "#agree");
  await until(() => page.querySelector("#send"), "the field to ask in", 20_000);
  return page;
}

async function type(page, message) {
  page.querySelector("#message").dispatchEvent("input", { detail: { value: message } });
  await sleep(10); // the simulator hands on what fingers do a moment later
  tap(page, "#send");
  await until(() => page.data.turns.some((turn) => turn.message === message), "the question");
}

const answerOf = (page, nth = 0) => parts.turns.list[nth].text.replace(/\s/g, "");
const ended = (page, turns = 1) => until(() => parts.turns.list.length === turns && !parts.turns.busy, "the end of the turn", 40_000);

test("a turn really streams: it grows on the page, is labelled, and its citation opens the passage", async () => {
  const page = await begin();
  await until(() => page.data.starters.length > 2, "starting questions", 20_000);
  await type(page, QUESTION);
  const lengths = new Set();
  while (!parts.turns.list[0].done) {
    lengths.add(parts.turns.list[0].text.length);
    if (parts.turns.list[0].trouble) throw new Error(parts.turns.list[0].trouble + parts.turns.list[0].detail);
    await sleep(20);
  }
  expect(lengths.size).toBeGreaterThan(SENTENCES.length / 2); // it came bit by bit
  expect(phone.pieces).toBeGreaterThan(100);
  expect(answerOf(page)).toBe(SAID.replace(/\s/g, ""));
  expect(model.asked).toBeGreaterThan(0);
  await sleep(100);
  expect(textOf(page)).toContain("由 AI 根据课程内容写成，逐句核对过出处");
  expect(page.querySelector("#turn-0").querySelector(".aigc")).toBeTruthy();
  tap(page.querySelector("#turn-0"), ".source");
  await until(() => page.querySelector("#sheet").querySelector(".mark"), "the marked sentence", 10_000);
  expect(textOf(page.querySelector("#sheet").querySelector(".mark")).length).toBeGreaterThan(5);
});

test("a turn that was interrupted goes on with no word twice and none missing", async () => {
  const page = await begin();
  await type(page, QUESTION);
  await until(() => parts.turns.list[0].text.length > 20, "the first words", 20_000);
  phone.requests.find(({ path, method }) => path === "/v1/chat" && method === "POST").interrupt();
  const before = parts.turns.list[0].text;
  await sleep(200);
  page.instance.onShow();
  await ended(page);
  expect(before.length).toBeGreaterThan(0);
  expect(answerOf(page)).toBe(SAID.replace(/\s/g, ""));
  const resumed = phone.requests.find(({ path }) => path.endsWith("/events"));
  expect(Number(resumed.header["Last-Event-ID"])).toBeGreaterThan(1);
  expect(phone.requests.filter(({ path, method }) => path === "/v1/chat" && method === "POST")).toHaveLength(1);
});

test("a client that hands on nothing until the end shows the same answer", async () => {
  const page = await begin();
  phone.allAtOnce = true;
  await type(page, QUESTION);
  await ended(page);
  expect(answerOf(page)).toBe(SAID.replace(/\s/g, ""));
  expect(phone.pieces).toBe(0);
});

test("what is stopped is stopped, and the conversation goes on", async () => {
  const page = await begin();
  await type(page, QUESTION);
  await until(() => parts.turns.list[0].text.length > 20, "the first words", 20_000);
  tap(page, "#stop");
  await until(() => textOf(page).includes("已停止。"), "the word");
  await until(() => phone.requests.some(({ method, status }) => method === "DELETE" && status === 202), "the service's word", 10_000);
  await type(page, "你好");
  await ended(page, 2);
  expect(parts.turns.list[1].phase).toBe("done");
});

test("thumbs, history, the course, the export and the erasure are the service's own", async () => {
  const page = await begin();
  await type(page, QUESTION);
  await ended(page);
  await until(() => page.querySelector("#turn-0").querySelector("#good"), "the thumbs");
  tap(page.querySelector("#turn-0"), "#good");
  await until(() => phone.toasts.includes("谢谢，已经记下。"), "the thanks", 10_000);

  const history = open("pages/history/history");
  await until(() => textOf(history).includes(QUESTION), "the history", 10_000);
  tap(history, ".talk");
  await until(() => phone.went.includes("back"), "the chat", 10_000);
  expect(parts.turns.list[0].sources.length).toBeGreaterThan(0);
  expect(parts.turns.list[0].ai).toBe(true);

  const { course_id: id } = parts.turns.list[0].sources[0];
  const course = open("pages/course/course", { id: encodeURIComponent(id) });
  await until(() => course.querySelectorAll(".lesson").length > 0, "the lessons", 10_000);
  expect(course.data.facts.length).toBeGreaterThanOrEqual(6);

  const settings = open("pages/settings/settings");
  await until(() => textOf(settings).includes("slow"), "the model's name", 10_000);
  tap(settings, "#export");
  await until(() => phone.shared.length, "the file", 10_000);
  expect(Object.values(phone.files)[0]).toContain('"AIGC"');
  tap(settings, "#erase");
  await until(() => textOf(settings).includes("回执号"), "the receipt", 20_000);
  expect(await parts.door.json("/v1/conversations").catch((error) => error.problem.status)).toEqual({ conversations: [] });
});

test("who asks too fast is told so by the service, and how long to wait", async () => {
  const strict = await new Service(data, { turns_a_minute: 1 }).start();
  try {
    phone = new RealPhone(strict);
    parts = phone.launch(strict.url);
    const page = open("pages/chat/chat");
    for (let nth = 1; nth < 6 && parts.turns.list.every((turn) => turn.trouble !== "limited"); nth++) {
      await type(page, `你好 ${nth}`);
      await ended(page, nth);
    }
    const limited = parts.turns.list.find((turn) => turn.trouble === "limited");
    expect(limited.retryAt).toBeGreaterThan(Date.now());
    await until(() => textOf(page).includes("秒后可重试"), "the wait");
  } finally {
    await strict.stop();
  }
});
