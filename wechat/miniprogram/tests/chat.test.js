// The chat page on a simulated phone; the test plays the service.
const { ABOUT, Phone, open, textOf, tap, until, asStream, sleep } = require("./phone");

const SOURCE = {
  n: 1, passage_id: "p-1", course_id: "c-1", course_title: "快递员安全骑行", lesson_title: "充电与高温", locator: "第 2 节", url: "https://course.example/2",
  quote: "充电时人不要离开。", as_of: "2026-05-01", sample: true,
};
const AIGC = { label: "1", producer: "test", produce_id: "x", notice: "内容由 AI 生成" };
const DONE = { mode: "generated", grounded: true, cited: [1], fallback: null, aigc: AIGC, more: false, quiz: [] };
const STARTED = ["turn", { turn_id: "t-1", conversation_id: "k-1" }];
const ANSWER = [
  STARTED,
  ["sources", { sources: [SOURCE] }],
  ["text", { text: "充电时**不要**离开", ai: true }],
  ["text", { text: "，用原装充电器[1]。", ai: true }],
  ["done", DONE],
];
const TEXT = "充电时不要离开，用原装充电器[1]。";

let phone;
let parts;

function begin(routes) {
  phone = new Phone(routes);
  parts = phone.launch();
  return open("pages/chat/chat");
}

function type(page, message) {
  page.querySelector("#message").dispatchEvent("input", { detail: { value: message } });
  tap(page, "#send");
}

/** A page on which a question was answered. */
async function answered(events = ANSWER, routes = {}) {
  const page = begin(routes);
  type(page, "电动车充电要注意什么");
  const asked = await phone.asked("POST /v1/chat");
  asked.events(events);
  asked.succeed();
  await until(() => !page.data.busy, "the end of the turn");
  await sleep(20);
  return page;
}

const turn = (page, nth = 0) => page.querySelector(`#turn-${nth}`);
const says = (page, text) => until(() => textOf(page).includes(text), `“${text}”`);
const count = (text, part) => text.split(part).length - 1;
const deed = (page, detail) => turn(page).instance.triggerEvent("deed", { key: page.data.turns[0].key, ...detail });

afterEach(() => {
  parts.turns.stop();
  document.body.innerHTML = "";
});

// -- an answer comes --------------------------------------------------------------------------------------------------

test("a question that is typed is answered, with its label and its sources", async () => {
  const page = begin();
  await says(page, "怎样量血压");
  type(page, "电动车充电要注意什么");
  const asked = await phone.asked("POST /v1/chat");
  expect(asked.header("Authorization")).toBe("Bearer token-1");
  expect(asked.header("Accept")).toBe("text/event-stream");
  expect(asked.header("Idempotency-Key")).toMatch(/^[\w-]{10,128}$/);
  expect(asked.options.enableChunked).toBe(true);
  expect(asked.body).toMatchObject({ message: "电动车充电要注意什么", locale: "zh-Hans", style: "answer", personalised: true });
  await says(page, "正在查找");
  asked.events(ANSWER.slice(0, 3));
  await says(page, "充电时不要离开");
  expect(page.data.busy).toBe(true);
  asked.events(ANSWER.slice(3), 4);
  await says(page, TEXT);
  expect(page.data.busy).toBe(false);
  expect(textOf(page)).toContain("AI · 内容由 AI 生成由 AI 根据课程内容写成");
  expect(textOf(turn(page).querySelector(".source"))).toContain("快递员安全骑行 示例数据");
  expect(page.data.status).toBe("回答完成");
});

test("chunks may be cut in the middle of a character", async () => {
  const page = begin();
  type(page, "问");
  const asked = await phone.asked("POST /v1/chat");
  const raw = ANSWER.map(([name, data], at) => `event: ${name}\nid: ${at + 1}\ndata: ${JSON.stringify(data)}\n\n`).join("");
  const bytes = Buffer.from(raw);
  for (let at = 0; at < bytes.length; at += 7) asked.bytes(bytes.subarray(at, at + 7));
  asked.succeed();
  await says(page, TEXT);
  expect(count(textOf(page), "原装充电器")).toBe(1);
  expect(textOf(page)).not.toContain("\ufffd");
});

test.each([
  ["as bytes", (request, stream) => request.end("success", { statusCode: 200, header: {}, data: Uint8Array.from(Buffer.from(stream)).buffer })],
  ["as a text", (request, stream) => request.end("success", { statusCode: 200, header: {}, data: stream })],
])("a client that delivers everything at the end, %s, shows the whole answer", async (_, deliver) => {
  const page = begin();
  type(page, "问");
  deliver(await phone.asked("POST /v1/chat"), asStream(ANSWER));
  await says(page, TEXT);
  expect(phone.of("GET /v1/chat/turns/t-1/events")).toHaveLength(0);
});

test("what comes in chunks and again at the end is shown once", async () => {
  const page = begin();
  type(page, "问");
  const asked = await phone.asked("POST /v1/chat");
  asked.events(ANSWER.slice(0, 4));
  asked.succeed(200, asStream(ANSWER));
  await says(page, TEXT);
  expect(count(textOf(page), "原装充电器")).toBe(1);
});

test("course text that is quoted is not labelled as AI's", async () => {
  const page = await answered([
    STARTED, ["sources", { sources: [SOURCE] }], ["text", { text: "充电时人不要离开。[1]", ai: false }],
    ["done", { ...DONE, mode: "extracted", aigc: null }],
  ]);
  expect(textOf(page)).toContain("课程原文摘录，不是 AI 写的");
  expect(turn(page).querySelector(".aigc")).toBeFalsy();
});

test("while AI writes, its text is labelled already", async () => {
  const page = begin();
  type(page, "问");
  (await phone.asked("POST /v1/chat")).events(ANSWER.slice(0, 3));
  await until(() => turn(page)?.querySelector(".aigc"), "the label");
});

test("no picture and no address in an answer is fetched or followed", async () => {
  const page = await answered([
    STARTED,
    ["text", { text: "看 ![图](https://evil.example/x.png) 和 ![y][r]\n\n[r]: https://evil.example/y.png\n\n<img src=https://evil.example/z> [点我](https://evil.example)", ai: true }],
    ["done", { ...DONE, cited: [] }],
  ]);
  await says(page, "点我");
  expect(page.dom.innerHTML).not.toMatch(/<wx-image|<img/);
  expect(phone.requests.every(({ options }) => options.url.startsWith("https://companion.test/"))).toBe(true);
});

test("the chosen style, audience, language and place go with the question", async () => {
  phone = new Phone();
  phone.storage.set("companion-preferences", { locale: "zh-Hant", audience: "senior", personalised: false });
  parts = phone.launch();
  const page = open("pages/chat/chat", { course: "c-1", lesson: "l%2F1", title: "%E9%AA%91%E8%A1%8C" });
  page.querySelectorAll(".chip")[2].dispatchEvent("tap");
  await sleep(10);
  type(page, "問");
  const asked = await phone.asked("POST /v1/chat");
  expect(asked.body).toMatchObject({ style: "quiz", audience: "senior", locale: "zh-Hant", personalised: false, course_id: "c-1", lesson_id: "l/1" });
  expect(textOf(page)).toContain("先在這裏找：骑行");
});

test("the next question goes on with the conversation", async () => {
  const page = await answered();
  type(page, "再说说");
  expect((await phone.asked("POST /v1/chat", 2)).body.conversation_id).toBe("k-1");
});

// -- citations, courses -------------------------------------------------------------------------------------------------

test("a citation opens the passage, with the quoted sentence marked in it", async () => {
  const passage = { text: "上文。充电时人不要离开。下文。", heading_path: ["充电"], locator: "第 2 节", as_of: "2026-05-01", course_id: "c-1", course_title: "x", lesson_title: "y", url: null, sample: true };
  const page = await answered(ANSWER, { "GET /v1/passages/p-1": passage });
  tap(turn(page), ".source");
  const sheet = page.querySelector("#sheet");
  await says(sheet, "下文。");
  expect(textOf(sheet)).toContain("[1] 快递员安全骑行");
  expect(textOf(sheet)).toContain("充电与高温");
  expect(textOf(sheet)).toContain("2026-05-01");
  expect(textOf(sheet)).toContain("https://course.example/2");
  expect(textOf(sheet.querySelector(".mark"))).toBe("充电时人不要离开。");
  tap(sheet, ".shut");
  await until(() => textOf(sheet) === "", "the sheet's end");
});

test("a number in the text opens its source, and any other link nothing", async () => {
  const events = [STARTED, ["sources", { sources: [SOURCE] }], ["text", { text: "原装充电器[1]，[别处](https://evil.example)，[9]，`a[1]`，b[1\\]。", ai: true }], ["done", DONE]];
  const page = await answered(events, { "GET /v1/passages/p-1": () => undefined });
  const markdown = turn(page).querySelector("#text");
  const links = markdown.instance.data.nodes[0].tokens.filter((node) => node.type === "link");
  expect(links.map((node) => node.href)).toEqual(["cite:1", "https://evil.example"]); // there is no source 9
  markdown.instance.triggerEvent("click", { node: links[1] });
  expect(page.data.source).toBe(null);
  markdown.instance.triggerEvent("click", { node: links[0] });
  await until(() => page.data.source?.n === 1, "the source");
});

test("a course card opens the course's page", async () => {
  const card = { course_id: "c 9", title: "养老护理", reason: "离您近", sample: true, provider: "示例机构", level: 3, hours: null, credits: null, price: { amount: 0, currency: "CNY" }, delivery: "offline", offerings: [] };
  const page = await answered([STARTED, ["courses", { courses: [card] }], ["text", { text: "有这门课。", ai: false }], ["done", { ...DONE, mode: "catalogue", aigc: null, cited: [] }]]);
  const shown = turn(page).querySelector(".course");
  expect(textOf(shown)).toContain("学时未注明"); // what the record leaves open is said to be open
  expect(textOf(shown)).toContain("费用免费");
  tap(shown, ".card");
  await until(() => phone.went.length, "another page");
  expect(phone.went).toEqual(["/pages/course/course?id=c%209"]);
});

// -- the connection does not hold ----------------------------------------------------------------------------------------

test("after the app was in the background the answer goes on where it was, nothing twice", async () => {
  const page = begin();
  type(page, "问");
  const asked = await phone.asked("POST /v1/chat");
  asked.events(ANSWER.slice(0, 3));
  await says(page, "充电时不要离开");
  asked.fail("request:fail interrupted");
  await says(page, "正在接上");
  page.instance.onShow();
  const resumed = await phone.asked("GET /v1/chat/turns/t-1/events");
  expect(resumed.header("Last-Event-ID")).toBe("3");
  resumed.events(ANSWER.slice(1), 2); // more than was asked for
  resumed.succeed();
  await says(page, TEXT);
  expect(count(textOf(page), "充电时不要离开")).toBe(1);
  expect(phone.of("POST /v1/chat")).toHaveLength(1);
});

test("a connection that breaks without a word is taken up again by itself", async () => {
  const page = begin();
  type(page, "问");
  const asked = await phone.asked("POST /v1/chat");
  asked.events(ANSWER.slice(0, 2));
  asked.succeed(); // the stream ended, the turn did not
  const resumed = await phone.asked("GET /v1/chat/turns/t-1/events");
  resumed.events(ANSWER.slice(2), 3);
  resumed.succeed();
  await says(page, TEXT);
});

test("an app that was closed goes on with the turn when it is opened again", async () => {
  const page = begin();
  type(page, "问");
  (await phone.asked("POST /v1/chat")).events(ANSWER.slice(0, 3));
  await says(page, "充电时不要离开");
  document.body.innerHTML = "";
  parts.turns.watch(() => {});
  parts = phone.launch();
  const again = open("pages/chat/chat");
  const resumed = await phone.asked("GET /v1/chat/turns/t-1/events");
  expect(resumed.header("Last-Event-ID")).toBe("1"); // it was written down when the turn began
  resumed.events(ANSWER.slice(1), 2);
  await says(again, TEXT);
  expect(count(textOf(again), "充电时不要离开")).toBe(1);
});

test("a turn that the service has no more is asked anew", async () => {
  const page = begin();
  type(page, "问");
  const asked = await phone.asked("POST /v1/chat");
  asked.events(ANSWER.slice(0, 3));
  await says(page, "充电时不要离开");
  asked.fail("request:fail interrupted");
  await says(page, "正在接上");
  page.instance.onShow();
  (await phone.asked("GET /v1/chat/turns/t-1/events")).succeed(404, { detail: "There is no such turn" });
  const anew = await phone.asked("POST /v1/chat", 2);
  expect(anew.header("Idempotency-Key")).not.toBe(asked.header("Idempotency-Key"));
  anew.events(ANSWER);
  await says(page, TEXT);
  expect(count(textOf(page), "充电时不要离开")).toBe(1);
});

test("a conversation that is not this learner's is not gone on with for ever", async () => {
  const page = await answered();
  type(page, "问");
  const asked = await phone.asked("POST /v1/chat", 2);
  expect(asked.body.conversation_id).toBe("k-1");
  asked.succeed(404, { detail: "there is no such conversation" });
  const anew = await phone.asked("POST /v1/chat", 3);
  expect(anew.body.conversation_id).toBeUndefined();
  anew.events(ANSWER);
  anew.succeed();
  await until(() => !page.data.busy, "the end of the turn");
  expect(textOf(page)).not.toContain("no such conversation");
});

test("a service that is just starting again is waited for, with the same key", async () => {
  const page = begin();
  type(page, "问");
  const asked = await phone.asked("POST /v1/chat");
  asked.succeed(503, { detail: "starting" }, { "Retry-After": "5" });
  const again = await phone.asked("POST /v1/chat", 2);
  expect(again.header("Idempotency-Key")).toBe(asked.header("Idempotency-Key"));
  again.events(ANSWER);
  await says(page, TEXT);
});

test("an error of the service is told, and the question may be tried again", async () => {
  const page = begin();
  type(page, "问");
  (await phone.asked("POST /v1/chat")).succeed(500, "no JSON");
  await says(page, "服务出了问题");
  tap(turn(page), "#retry");
  (await phone.asked("POST /v1/chat", 2)).events(ANSWER);
  await says(page, TEXT);
  expect(page.data.turns).toHaveLength(1); // in place of the one that failed
});

test("without a network the question stays, and goes out when it is tried again", async () => {
  const page = begin();
  await sleep(10);
  phone.becomes(false);
  await says(page, "没有网络");
  type(page, "问");
  await says(page, "您的问题还在");
  expect(phone.of("POST /v1/chat")).toHaveLength(0);
  phone.becomes(true);
  tap(turn(page), "#retry");
  (await phone.asked("POST /v1/chat")).events(ANSWER);
  await says(page, TEXT);
  expect(textOf(page)).not.toContain("没有网络");
});

test("a turn that was cut off by a lost network goes on when the network is back", async () => {
  const page = begin();
  type(page, "问");
  const asked = await phone.asked("POST /v1/chat");
  asked.events(ANSWER.slice(0, 3));
  await says(page, "充电时不要离开");
  phone.becomes(false);
  asked.fail("request:fail net::ERR");
  await says(page, "正在接上");
  await phone.asked("GET /v1/chat/turns/t-1/events", 2); // tried twice; the next try would be three seconds away
  await sleep(20);
  phone.becomes(true);
  await until(() => phone.of("GET /v1/chat/turns/t-1/events").length > 2, "a try at once", 500);
  const resumed = await phone.asked("GET /v1/chat/turns/t-1/events", 3);
  expect(resumed.header("Last-Event-ID")).toBe("3");
  resumed.events(ANSWER.slice(3), 4);
  await says(page, TEXT);
});

test("a question that reaches nobody is given up after some tries, and stays to be tried again", async () => {
  const page = begin();
  const refuse = setInterval(() => phone.of("POST /v1/chat").forEach((request) => request.fail("request:fail timeout")), 10);
  type(page, "问");
  await until(() => textOf(page).includes("连接断了，回答没有收完"), "the trouble", 8_000);
  clearInterval(refuse);
  const tries = phone.of("POST /v1/chat");
  expect(tries).toHaveLength(4);
  expect(new Set(tries.map((request) => request.header("Idempotency-Key"))).size).toBe(1);
  tap(turn(page), "#retry");
  (await phone.asked("POST /v1/chat", 5)).events(ANSWER);
  await says(page, TEXT);
}, 15_000);

test("who asks too fast is told how long to wait, and may try again then", async () => {
  const page = begin();
  type(page, "问");
  const asked = await phone.asked("POST /v1/chat");
  asked.succeed(429, { detail: "Too many" }, { "retry-after": "1" });
  await says(page, "问得太快了");
  await says(page, "1 秒后可重试");
  tap(turn(page), "#retry");
  expect(phone.of("POST /v1/chat")).toHaveLength(1); // not yet
  await until(() => textOf(turn(page).querySelector("#retry")) === "重试", "the end of the wait");
  tap(turn(page), "#retry");
  (await phone.asked("POST /v1/chat", 2)).events(ANSWER);
  await says(page, TEXT);
});

test("what runs is stopped here and at the service", async () => {
  const page = begin();
  type(page, "问");
  const asked = await phone.asked("POST /v1/chat");
  asked.events(ANSWER.slice(0, 3));
  await says(page, "充电时不要离开");
  tap(page, "#stop");
  await says(page, "已停止。");
  expect(asked.aborted).toBe(true);
  await phone.asked("DELETE /v1/chat/turns/t-1");
  expect(textOf(page)).toContain("回答没有完成，含 AI 生成的内容");
});

// -- who is asking -------------------------------------------------------------------------------------------------------

test("WeChat's code is exchanged for a token, which is kept until it ends; no session key is ever there", async () => {
  const page = await answered();
  const [admitted] = phone.of("POST /v1/sessions/wechat");
  expect(admitted.body).toEqual({ code: "code-1" });
  type(page, "再问");
  await phone.asked("POST /v1/chat", 2);
  expect(phone.logins).toBe(1);
  expect(JSON.stringify([...phone.storage])).not.toMatch(/session_key|openid/);
});

test("a token that has ended is renewed once, however many calls wait for it", async () => {
  const page = begin();
  await says(page, "怎样量血压");
  phone.routes["GET /v1/conversations"] = undefined;
  type(page, "问");
  const other = parts.door.json("/v1/conversations");
  (await phone.asked("POST /v1/chat")).succeed(401, { detail: "The session has ended" });
  (await phone.asked("GET /v1/conversations")).succeed(401, { detail: "The session has ended" });
  const again = await phone.asked("POST /v1/chat", 2);
  (await phone.asked("GET /v1/conversations", 2)).succeed(200, { conversations: [] });
  await other;
  expect(again.header("Authorization")).toBe("Bearer token-2");
  expect(phone.logins).toBe(2);
  again.succeed(401, { detail: "still not" });
  await says(page, "still not"); // and not a third time
  expect(phone.of("POST /v1/chat")).toHaveLength(2);
});

test("a token about to end is renewed before it is shown", async () => {
  const page = begin({ "POST /v1/sessions/wechat": () => ({ token: `token-${phone.logins}`, expires_in: 20 }) });
  await says(page, "怎样量血压");
  type(page, "问");
  const asked = await phone.asked("POST /v1/chat");
  expect(asked.header("Authorization")).toBe(`Bearer token-${phone.logins}`);
  expect(phone.logins).toBeGreaterThan(1);
});

test("a service that is open to everybody is asked without a token", async () => {
  const page = begin({ "POST /v1/sessions/wechat": undefined });
  (await phone.asked("POST /v1/sessions/wechat")).succeed(404, { detail: "Nobody has to say who they are here." });
  type(page, "问");
  expect((await phone.asked("POST /v1/chat")).header("Authorization")).toBeUndefined();
});

test("terms are agreed to before the first question, and the token carries the consent", async () => {
  const page = begin({ "GET /v1/about": { ...ABOUT, consent_version: "2026-09" } });
  await says(page, "使用前请先同意下面的条款（版本 2026-09）");
  expect(page.querySelector("#send")).toBeFalsy();
  expect(phone.of("POST /v1/sessions/wechat")).toHaveLength(0); // nor is WeChat asked who this is
  tap(page, "#agree");
  await says(page, "怎样量血压");
  await until(() => page.querySelector("#send"), "the field to ask in");
  const admitted = phone.of("POST /v1/sessions/wechat");
  expect(admitted[admitted.length - 1].body.consent_version).toBe("2026-09");
});

test("a token that was on its way when the learner agreed is not taken for one that carries the consent", async () => {
  const page = begin({ "GET /v1/about": { ...ABOUT, consent_version: "2026-09" }, "POST /v1/sessions/wechat": undefined });
  await says(page, "（版本 2026-09）");
  void parts.door.json("/v1/conversations").catch(() => {}); // as the page of earlier conversations does
  const early = await phone.asked("POST /v1/sessions/wechat");
  tap(page, "#agree");
  await sleep(20);
  early.succeed(201, { token: "without", expires_in: 1800 });
  const late = await phone.asked("POST /v1/sessions/wechat", 2);
  expect(late.body.consent_version).toBe("2026-09");
  late.succeed(201, { token: "with", expires_in: 1800 });
  await until(() => page.querySelector("#send"), "the field to ask in");
  type(page, "问");
  expect((await phone.asked("POST /v1/chat")).header("Authorization")).toBe("Bearer with");
});

test("terms that came meanwhile are asked for when the service refuses", async () => {
  const page = begin();
  await says(page, "怎样量血压");
  phone.routes["GET /v1/about"] = { ...ABOUT, consent_version: "2026-12" };
  type(page, "问");
  (await phone.asked("POST /v1/chat")).succeed(403, { detail: "Please agree to the terms of use first (version 2026-12)." });
  await says(page, "（版本 2026-12）");
  tap(page, "#agree");
  (await phone.asked("POST /v1/chat", 2)).events(ANSWER);
  await says(page, TEXT);
});

// -- what one can do with an answer ---------------------------------------------------------------------------------------

test("a thumb up is told to the service", async () => {
  const page = await answered(ANSWER, { "POST /v1/feedback": "" });
  tap(turn(page), "#good");
  const given = await phone.asked("POST /v1/feedback");
  expect(given.body).toEqual({ turn_id: "t-1", rating: "up", reasons: [], comment: "" });
  await until(() => page.data.turns[0].opinion === "up", "the mark");
  expect(phone.toasts).toContain("谢谢，已经记下。");
});

test("a thumb down asks why", async () => {
  const page = await answered(ANSWER, { "POST /v1/feedback": "" });
  tap(turn(page), "#bad");
  await says(page, "哪里不好？");
  turn(page).querySelectorAll(".why .tap")[0].dispatchEvent("tap");
  turn(page).querySelectorAll(".why .tap")[3].dispatchEvent("tap");
  turn(page).querySelector(".why .field").dispatchEvent("input", { detail: { value: "数字旧了" } });
  await sleep(10);
  tap(turn(page), "#send-opinion");
  expect((await phone.asked("POST /v1/feedback")).body).toEqual({ turn_id: "t-1", rating: "down", reasons: ["wrong", "outdated"], comment: "数字旧了" });
});

test("an opinion that could not be kept is said not to be", async () => {
  const page = await answered();
  tap(turn(page), "#good");
  (await phone.asked("POST /v1/feedback")).succeed(404, { detail: "no such turn" });
  await until(() => phone.toasts.includes("没有记下，请再试一次。"), "the word");
  expect(page.data.turns[0].opinion).toBe("");
});

test("what is copied carries its sources and its label", async () => {
  const page = await answered();
  tap(turn(page), "#copy");
  await until(() => phone.clipboard, "the copy");
  expect(phone.clipboard).toContain("充电时**不要**离开，用原装充电器[1]。");
  expect(phone.clipboard).toContain("[1] 快递员安全骑行 · 充电与高温 · 第 2 节");
  expect(phone.clipboard).toMatch(/\(内容由 AI 生成 · 由 AI 根据课程内容写成，逐句核对过出处\)$/);
});

test("a quiz of one question is answered by a tap, a longer one is handed in", async () => {
  const choice = { number: 1, kind: "choice", prompt: "哪一个？", options: ["甲", "乙"] };
  const page = await answered([STARTED, ["text", { text: "哪一个？", ai: false }], ["done", { ...DONE, mode: "extracted", aigc: null, cited: [], quiz: [choice] }]]);
  turn(page).querySelectorAll(".quiz .tap")[1].dispatchEvent("tap");
  const first = await phone.asked("POST /v1/chat", 2);
  expect(first.body.message).toBe("B. 乙");
  const more = [choice, { number: 2, kind: "fill_in", prompt: "填空", options: [] }, { number: 3, kind: "true_false", prompt: "对不对", options: [] }];
  first.events([["turn", { turn_id: "t-2", conversation_id: "k-1" }], ["text", { text: "三题", ai: false }], ["done", { ...DONE, mode: "extracted", aigc: null, cited: [], quiz: more }]]);
  await until(() => turn(page, 1)?.querySelector(".quiz .field"), "the form");
  const quiz = turn(page, 1);
  quiz.querySelectorAll(".options .tap")[0].dispatchEvent("tap");
  quiz.querySelector(".field").dispatchEvent("input", { detail: { value: "六十 次" } });
  quiz.querySelectorAll(".options .tap")[3].dispatchEvent("tap");
  await sleep(10);
  tap(quiz, ".tap-main");
  expect((await phone.asked("POST /v1/chat", 3)).body.message).toBe("1. A\n2. 六十 次\n3. 错");
});

test("a new conversation forgets what this phone kept of the one before", async () => {
  const page = await answered();
  tap(page, "#fresh");
  await says(page, "可以这样问");
  expect(phone.storage.has("companion-thread")).toBe(false);
  type(page, "问");
  expect((await phone.asked("POST /v1/chat", 2)).body.conversation_id).toBeUndefined();
});

test("an answer that failed and one that follows do not change places", async () => {
  const page = await answered([STARTED, ["error", { title: "Stopped", detail: "It was stopped on request.", status: 409 }]]);
  type(page, "第二问");
  const second = await phone.asked("POST /v1/chat", 2);
  second.events([["turn", { turn_id: "t-2", conversation_id: "k-1" }], ...ANSWER.slice(1)]);
  second.succeed();
  await says(page, TEXT);
  await sleep(120); // nothing is left to be drawn
  tap(turn(page), "#retry");
  await phone.asked("POST /v1/chat", 3);
  await until(() => page.data.turns[1]?.message === "电动车充电要注意什么", "the order");
  expect(page.data.turns.map(({ message }) => message)).toEqual(["第二问", "电动车充电要注意什么"]);
});

// -- sizes, words --------------------------------------------------------------------------------------------------------

test("the senior view is one tap away, and has large text and targets", async () => {
  const page = begin();
  expect(textOf(page.querySelector("#elder"))).toBe("长辈版");
  expect(page.data.look).toMatchObject({ elder: false, body: 16, target: 44 });
  tap(page, "#elder");
  await until(() => page.data.look.elder, "the senior view");
  expect(page.data.look.body).toBeGreaterThanOrEqual(18);
  expect(page.data.look.target).toBeGreaterThanOrEqual(60);
  expect(page.dom.innerHTML).toContain(`--body:${page.data.look.body}px`);
  expect(textOf(page.querySelector("#elder"))).toBe("标准版");
  page.instance.onShow();
  expect(page.data.look.elder).toBe(true); // it stays
});

test("in the senior view the style of an answer is asked for", async () => {
  const page = begin();
  tap(page, "#elder");
  await until(() => page.querySelector("#style"), "the button");
  phone.picks = 3;
  tap(page, "#style");
  await says(page, "排学习计划 ▾");
  expect(phone.sheet).toEqual(["直接回答", "只给提示", "出题练习", "排学习计划"]);
  type(page, "我想做护理员");
  expect((await phone.asked("POST /v1/chat")).body.style).toBe("plan");
});

test("WeChat's own text size counts", () => {
  const page = begin();
  const usual = page.data.look.body;
  phone.base = { ...phone.base, fontSizeScaleFactor: 1.4 };
  page.instance.onShow();
  expect(page.data.look.body).toBeCloseTo(usual * 1.4, 0);
  phone.base = { ...phone.base, fontSizeScaleFactor: undefined, fontSizeSetting: 34 };
  page.instance.onShow();
  expect(page.data.look.body).toBe(30); // and no more
});

test("the label that AI writes here stands on the page whatever is on it", async () => {
  const page = begin();
  expect(textOf(page.querySelector("#ai-label"))).toMatch(/(人工智能|AI).*(生成|合成)/);
  type(page, "问");
  await says(page, "正在查找");
  expect(textOf(page.querySelector("#ai-label"))).toMatch(/(人工智能|AI).*(生成|合成)/);
});

test("a deed of a turn that is gone does nothing", async () => {
  const page = await answered();
  deed(page, { key: "gone", does: "copy" });
  expect(phone.clipboard).toBe(null);
});

test("in an emergency the call stands first, and a touch begins it", async () => {
  const page = begin();
  type(page, "我妈突然晕倒了");
  const asked = await phone.asked("POST /v1/chat");
  asked.events([
    ["turn", { turn_id: "t-9", conversation_id: "k-9" }],
    ["text", { text: "请马上拨打 120。", ai: false }],
    ["done", { mode: "declined", grounded: null, cited: [], fallback: null, aigc: null, call: ["120"] }],
  ]);
  await says(page, "拨打 120");
  expect(textOf(turn(page)).indexOf("拨打 120")).toBeLessThan(textOf(turn(page)).indexOf("请马上"));
  expect(textOf(turn(page))).not.toContain("这里不能回答");
  const called = [];
  wx.makePhoneCall = ({ phoneNumber }) => called.push(phoneNumber);
  tap(turn(page), ".call");
  await until(() => called.length === 1, "the call");
  expect(called).toEqual(["120"]);
});

test("what is too long is told, and neither cut nor sent", async () => {
  const page = begin({ "GET /v1/about": { ...ABOUT, message_characters: 150 } });
  await until(() => page.data.longest === 150, "how long a question may be");
  type(page, "问".repeat(180));
  await says(page, "太长了：现在 180 字，一次最多 150 字");
  expect(phone.of("POST /v1/chat")).toHaveLength(0);
  expect(page.data.draft).toHaveLength(180);
  type(page, "问");
  await phone.asked("POST /v1/chat");
  expect(page.data.tooLong).toBe("");
});

test("another answer is offered only where a model may write one", async () => {
  const page = begin({ "GET /v1/about": { ...ABOUT, model: null } });
  type(page, "问");
  (await phone.asked("POST /v1/chat")).events(ANSWER);
  await says(page, TEXT);
  expect(turn(page).querySelector("#again")).toBeFalsy();
  expect(turn(page).querySelector("#copy")).toBeTruthy();
});
