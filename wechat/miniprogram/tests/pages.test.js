// The pages beside the chat on a simulated phone; the test plays the service.
const { ABOUT, Phone, open, render, textOf, tap, until, sleep } = require("./phone");

let phone;
let parts;

function begin(routes) {
  phone = new Phone(routes);
  parts = phone.launch();
}

const says = (page, text) => until(() => textOf(page).includes(text), `“${text}”`);
const COURSE = {
  course_id: "c-1", title: "养老护理基础", sample: true, summary: "洗手、喂食、翻身。", provider: "示例学院", level: 3, hours: 12, credits: null,
  price: { amount: 0, currency: "CNY" }, delivery: "blended", url: "https://course.example/c-1", updated_at: "2026-05-01T00:00:00",
  offerings: [
    { city: "广州", district: "越秀", town: null, address: "示例路 1 号", start: "2099-01-02", end: null, seats: 20, step_free: true },
    { city: "广州", district: null, town: null, address: null, start: "2020-01-02", end: null, seats: null, step_free: null },
  ],
  subjects: [], skills: ["翻身"], prerequisites: [], valid_until: null, licence: null,
  lessons: [{ lesson_id: "c-1/l 1", title: "手卫生与喂食", updated_at: null }],
};

afterEach(() => { document.body.innerHTML = ""; });

// -- a course -----------------------------------------------------------------------------------------------------------

test("a course's page tells its record, its coming sessions and its lessons", async () => {
  begin({ "GET /v1/courses/c-1": COURSE });
  const page = open("pages/course/course", { id: "c-1" });
  await says(page, "养老护理基础");
  expect(textOf(page)).toContain("机构示例学院");
  expect(textOf(page)).toContain("费用免费");
  expect(textOf(page)).toContain("学分未注明"); // never made up
  expect(textOf(page)).toContain("记录日期2026-05-01");
  expect(textOf(page)).toContain("2099-01-02 · 广州 越秀 示例路 1 号 · 名额 20 · 无障碍通行");
  expect(textOf(page)).not.toContain("2020-01-02");
  expect(textOf(page)).toContain("1. 手卫生与喂食");
});

test("a question about a lesson is looked for there first", async () => {
  begin({ "GET /v1/courses/c-1": COURSE });
  const page = open("pages/course/course", { id: "c-1" });
  await says(page, "手卫生与喂食");
  page.querySelectorAll(".lesson .tap")[0].dispatchEvent("tap");
  await until(() => phone.went.length, "the chat");
  expect(parts.scope).toEqual({ course: "c-1", lesson: "c-1/l 1", title: "手卫生与喂食" });
  const chat = open("pages/chat/chat");
  await says(chat, "先在这里找：手卫生与喂食");
  const starters = await phone.asked("GET /v1/starters");
  expect(starters.options.url).toContain("course_id=c-1&lesson_id=c-1%2Fl%201");
});

test("a lesson's address on the portal and the course's own are copied, not opened", async () => {
  begin({ "GET /v1/courses/c-1": COURSE });
  const page = open("pages/course/course", { id: "c-1" });
  await says(page, "手卫生与喂食");
  page.querySelectorAll(".lesson .tap")[1].dispatchEvent("tap");
  await until(() => phone.clipboard, "the address");
  expect(phone.clipboard).toBe("https://companion.test/lessons/c-1%2Fl%201");
});

test("a course that cannot be had is said not to be there, and may be asked for again", async () => {
  begin();
  const page = open("pages/course/course", { id: "none" });
  (await phone.asked("GET /v1/courses/none")).succeed(404, { detail: "There is no course with this id." });
  await says(page, "现在取不到这门课");
  phone.routes["GET /v1/courses/none"] = COURSE;
  tap(page, "#retry");
  await says(page, "手卫生与喂食");
});

// -- history ------------------------------------------------------------------------------------------------------------

const LISTED = { conversations: [{ conversation_id: "k-1", first_message: "快件丢了谁来赔", touched_at: "2026-11-20T08:00:00.123456+00:00" }] };
const PASSAGE = { text: "由快递企业赔偿。", heading_path: [], locator: "第 1 节", as_of: null, course_id: "c-2", course_title: "快递服务沟通", lesson_title: "破损与投诉", url: null, sample: true };

const KEPT = { course_id: "c-2", title: "快递服务沟通", reason: "课里有相关内容。", sample: true, summary: null, provider: "学堂", language: "zh-Hans", level: 1, hours: 4, credits: null, delivery: "online", audience: [], initiative: null, url: null, price: null, offerings: [], updated_at: null };

test("a conversation of before is opened as it was, with what AI wrote labelled", async () => {
  begin({
    "GET /v1/conversations": LISTED,
    "GET /v1/conversations/k-1": { conversation_id: "k-1", turns: [
      { id: "t-1", message: "快件丢了谁来赔", reply: "由快递企业赔偿。[1]", mode: "generated", ai: true, grounded: true, passages: ["p-7"], courses: [] },
      { id: "t-2", message: "有什么课", reply: "目录里有这些课程：", mode: "catalogue", ai: false, grounded: null, passages: [], courses: [KEPT] },
    ], quiz: [] },
    "GET /v1/passages/p-7": PASSAGE,
  });
  const page = open("pages/history/history");
  const at = new Date("2026-11-20T08:00:00Z");
  await says(page, `2026-11-20 ${String(at.getHours()).padStart(2, "0")}:00`); // by the clock of whoever reads it
  await says(page, "快件丢了谁来赔");
  tap(page, ".talk");
  await until(() => phone.went.includes("back"), "the chat");
  const chat = open("pages/chat/chat");
  await says(chat, "由快递企业赔偿。");
  expect(chat.data.turns.map((turn) => turn.aigc)).toEqual(["内容由 AI 生成", ""]);
  expect(chat.data.turns[0].sources[0].title).toBe("快递服务沟通");
  expect(chat.data.turns[1].cards.map((card) => card.title)).toEqual(["快递服务沟通"]);
  chat.querySelector("#message").dispatchEvent("input", { detail: { value: "再问" } });
  tap(chat, "#send");
  expect((await phone.asked("POST /v1/chat")).body.conversation_id).toBe("k-1");
});

test("a conversation is erased after a question, and leaves the phone too", async () => {
  begin({ "GET /v1/conversations": LISTED, "DELETE /v1/conversations/k-1": "" });
  parts.turns.show([], "k-1");
  const page = open("pages/history/history");
  await says(page, "快件丢了谁来赔");
  phone.confirms = false;
  page.querySelectorAll(".one .tap")[1].dispatchEvent("tap");
  await sleep(20);
  expect(phone.of("DELETE /v1/conversations/k-1")).toHaveLength(0);
  phone.confirms = true;
  phone.routes["GET /v1/conversations"] = { conversations: [] };
  page.querySelectorAll(".one .tap")[1].dispatchEvent("tap");
  await says(page, "没有保存的对话");
  expect(phone.of("DELETE /v1/conversations/k-1")).toHaveLength(1);
  expect(parts.turns.conversation).toBe(null);
});

test("without a network the history says so", async () => {
  begin();
  phone.becomes(false);
  await says(open("pages/history/history"), "没有网络");
});

// -- settings and privacy --------------------------------------------------------------------------------------------------

test("who answers here, with which model and filing, under which terms, is told", async () => {
  begin();
  const page = open("pages/settings/settings");
  await says(page, "广东终身学习平台");
  for (const told of ["测试模型", "粤-0001", "https://t.example.gd.cn/terms", "https://t.example.gd.cn/privacy", "12345", "对话保存 30 天"]) {
    expect(textOf(page)).toContain(told);
  }
});

test("what the operator has not told is said to be open, and no model is said to be none", async () => {
  begin({ "GET /v1/about": { ...ABOUT, operator: null, model: null } });
  const page = open("pages/settings/settings");
  await says(page, "没有接入大模型：只摘录课程原文");
  expect(textOf(page)).toContain("运营者未注明");
});

test("everything is erased after a question: the receipt is told, and nothing stays on the phone", async () => {
  begin({ "DELETE /v1/learners/me": { receipt: "3f2a9c1b-0000", erased: {} } });
  parts.turns.show([], "k-1");
  phone.storage.set("companion-preferences", { elder: true });
  phone.files["wxfile://usr/learning-companion.json"] = "what was exported before";
  const page = open("pages/settings/settings");
  await says(page, "广东终身学习平台");
  tap(page, "#erase");
  await says(page, "已经清除。 回执号：3F2A 9C1B（全号 3f2a9c1b-0000）");
  expect([...phone.storage.keys(), ...Object.keys(phone.files)]).toEqual([]);
});

test("an erasure that failed is said to have failed", async () => {
  begin();
  const page = open("pages/settings/settings");
  tap(page, "#erase");
  (await phone.asked("DELETE /v1/learners/me")).succeed(503, { detail: "locked" });
  await says(page, "没有清除成功");
});

test("everything that is kept goes to a file, and to a chat of the learner's choice", async () => {
  const whole = { AIGC: { Label: "1" }, turns: [] };
  begin({ "GET /v1/learners/me/export": whole });
  const page = open("pages/settings/settings");
  tap(page, "#export");
  await says(page, "已导出。");
  expect(JSON.parse(phone.files["wxfile://usr/learning-companion.json"])).toEqual(whole);
  expect(phone.shared).toEqual(["wxfile://usr/learning-companion.json"]);
});

test("a consent is taken back: the service is told so, and the chat asks again", async () => {
  begin({ "GET /v1/about": { ...ABOUT, consent_version: "2026-09" } });
  phone.storage.set("companion-preferences", { agreed: "2026-09" });
  const page = open("pages/settings/settings");
  await says(page, "撤回同意");
  tap(page, "#withdraw");
  await says(page, "已撤回。");
  const admitted = phone.of("POST /v1/sessions/wechat");
  expect(admitted[admitted.length - 1].body.consent_version).toBe("");
  await says(open("pages/chat/chat"), "（版本 2026-09）");
});

test("language, audience and text size are chosen here", async () => {
  begin();
  const page = open("pages/settings/settings");
  page.querySelectorAll(".options .tap")[2].dispatchEvent("tap");
  await says(page, "Display and answers");
  page.querySelectorAll(".options .tap")[4].dispatchEvent("tap");
  tap(page, "#larger");
  tap(page, "#elder");
  await until(() => page.data.look.elder, "the senior view");
  for (let step = 0; step < 9; step++) tap(page, "#larger");
  await until(() => page.data.look.isLargest, "the largest text");
  expect(page.data.look.body).toBe(30);
  expect(phone.storage.get("companion-preferences")).toMatchObject({ locale: "en", audience: "courier", elder: true });
});

test("a complaint gets a ticket, and stands there with its answer", async () => {
  const made = { kind: "complaint", made_at: "2026-11-24T00:00:00", due_at: "2026-12-09T00:00:00" };
  const complaints = [{ ...made, ticket: "C-7", words: "答错了学分", answer: null }, { ...made, ticket: "C-1", words: "太慢", answer: "已经修好" }];
  begin({ "POST /v1/complaints": { ticket: "C-7", due_at: "2026-12-09T00:00:00" }, "GET /v1/complaints": { complaints } });
  const page = open("pages/settings/settings");
  page.querySelector("#complaint").dispatchEvent("input", { detail: { value: "答错了学分" } });
  tap(page, "#complain");
  await says(page, "编号 C-7，最迟 2026-12-09 前答复");
  await says(page, "投诉 · 2026-11-24 · C-1太慢已经修好");
  await says(page, "答错了学分还没有答复，最迟 2026-12-09 前答复");
  expect(phone.of("POST /v1/complaints")[0].body).toEqual({ kind: "complaint", words: "答错了学分", turn_id: null });
});

// -- the app --------------------------------------------------------------------------------------------------------------

test("the app goes on with an open turn when it is launched and whenever it comes back", async () => {
  phone = new Phone();
  const open = { key: "k", message: "问", asking: {}, id: "t-1", last: 2, phase: "writing", text: "一半", ai: true, sources: [], courses: [], done: null, trouble: null, detail: "", retryAt: 0, opinion: "" };
  phone.storage.set("companion-thread", { conversation: "k-1", turns: [open] });
  let app;
  global.App = (options) => { app = options; };
  require("../build/app");
  app.onLaunch();
  const first = await phone.asked("GET /v1/chat/turns/t-1/events");
  expect(first.header("Last-Event-ID")).toBe("2");
  first.fail("request:fail interrupted");
  await sleep(20);
  app.onShow();
  await until(() => phone.of("GET /v1/chat/turns/t-1/events").length === 2, "a try at once", 300);
  app.services.turns.stop();
});
