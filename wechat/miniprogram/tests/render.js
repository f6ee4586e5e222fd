/**
 * Pictures of the pages in Chromium: the simulated tree, with our style sheets, over the real service. Measures what the senior
 * view promises, and fails where it does not hold. Writes docs/images/miniprogram-*.png.
 */
const { spawnSync } = require("child_process");
const fs = require("fs");
const path = require("path");
// As a phone 375 px wide does it; the simulator takes one rpx for one px.
require("miniprogram-simulate/src/utils").transformRpx = (css) => css.replace(/(-?[\d.]+)rpx/g, (_, size) => `${size / 2}px`);
const { ROOT, open, tap, until, sleep } = require("./phone");
const { Model, PYTHON, RealPhone, Service, indexed } = require("./service");

jest.setTimeout(240_000);

const PAGES = path.join(ROOT, "rendered");
const WRITTEN = [
  "用原装的充电器，或者电压、接口、电池种类都对得上的同规格充电器。[1]\n",
  "在室外或集中充电点充，插固定的插座，不从楼上往下拉线，不用几个插线板串起来。[1]\n",
  "充满就拔，不整夜充。[1]\n",
];
// What WeChat's own parts look like where nobody styles them.
const PLAIN = `
  html, body { margin: 0; background: #fff; font-family: "Noto Sans CJK SC", sans-serif; }
  wx-view, wx-scroll-view, wx-textarea, wx-input { display: block; }
  wx-textarea { color: #525b66; }
`;

let data;
let model;
let quoting;
let writing;
let phone;
let parts;

beforeAll(async () => {
  fs.rmSync(PAGES, { recursive: true, force: true });
  fs.mkdirSync(PAGES, { recursive: true });
  data = indexed();
  model = new Model(WRITTEN, 10);
  quoting = await new Service(data, { operator_name: "示例运营单位" }).start();
  writing = await new Service(data, { llm_base_url: await model.start(), llm_model: "示例模型" }).start();
});

afterAll(async () => {
  await Promise.all([quoting, writing].map((service) => service?.stop()));
  model?.server.closeAllConnections();
  model?.server.close();
  if (data) fs.rmSync(data, { recursive: true });
});

afterEach(() => { document.body.innerHTML = ""; });

function begin(service, elder) {
  phone = new RealPhone(service);
  phone.storage.set("companion-preferences", { elder });
  parts = phone.launch(service.url);
}

async function asked(service, elder, question) {
  begin(service, elder);
  const page = open("pages/chat/chat");
  page.instance.ask(question);
  await until(() => parts.turns.list.length && !parts.turns.busy, "the answer", 60_000);
  await sleep(300);
  return page;
}

/** tdesign's parts share their styles ("styleIsolation"), which the simulator, giving each its own prefix, does not show. */
function shared(text) {
  return text.replace(/[\w-]+?--(?=t-)/g, "");
}

function save(page, name, elder) {
  const styles = [...document.head.querySelectorAll("style")].map((style) => style.innerHTML).join("\n");
  for (const field of page.dom.querySelectorAll("wx-textarea")) {
    field.textContent = page.data.words[field.closest(".turn--why") ? "comment" : "placeholder"];
  }
  const html = `<!doctype html><html lang="zh-Hans"><meta charset="utf-8"><style>${PLAIN}${styles}</style><body>${page.dom.outerHTML}</body></html>`;
  fs.writeFileSync(path.join(PAGES, `${name}-${elder ? "elder" : "usual"}.html`), shared(html));
}

describe.each([[false], [true]])("with the senior view %s", (elder) => {
  test("welcome", async () => {
    begin(quoting, elder);
    const page = open("pages/chat/chat");
    await until(() => page.data.starters.length, "starting questions", 30_000);
    await sleep(50);
    save(page, "welcome", elder);
  });

  test("an answer that AI wrote, and the source behind it", async () => {
    const page = await asked(writing, elder, "电动车充电要注意什么？");
    expect(page.data.turns[0].aigc).toBeTruthy();
    save(page, "answer", elder);
    tap(page.querySelector("#turn-0"), ".source");
    await until(() => page.querySelector("#sheet").querySelector(".mark"), "the passage", 10_000);
    save(page, "source", elder);
  });

  test("an answer that is quoted", async () => {
    const page = await asked(quoting, elder, "流鼻血怎么办？");
    expect(page.data.turns[0].aigc).toBe("");
    save(page, "quoted", elder);
  });

  test("courses, and the page of one", async () => {
    const page = await asked(quoting, elder, "有适合长者的手机课程吗？");
    expect(page.data.turns[0].cards.length).toBeGreaterThan(0);
    save(page, "courses", elder);
    const course = open("pages/course/course", { id: encodeURIComponent(page.data.turns[0].cards[0].id) });
    await until(() => course.data.lessons.length, "the lessons", 10_000);
    save(course, "course", elder);
  });

  test("settings and privacy", async () => {
    begin(quoting, elder);
    const page = open("pages/settings/settings");
    await until(() => page.data.facts.length, "who answers here", 10_000);
    await sleep(50);
    save(page, "settings", elder);
  });

  test("without a network, and what was wrong with an answer", async () => {
    const page = await asked(writing, elder, "电动车充电要注意什么？");
    tap(page.querySelector("#turn-0"), "#bad");
    phone.becomes(false);
    await sleep(50);
    page.instance.ask("锂电池能放屋里充吗？");
    await until(() => page.data.turns[1]?.problem, "the trouble");
    await sleep(50);
    save(page, "offline", elder);
  });
});

test("in Chromium everything that is tapped is large enough, no text too small, and nothing hangs over the side", () => {
  const images = path.resolve(__dirname, "../../../docs/images");
  const drawn = spawnSync(PYTHON(), [path.resolve(__dirname, "../tools/draw.py"), PAGES, images], { encoding: "utf8" });
  expect(drawn.stderr + drawn.stdout).toBe("");
  expect(fs.readdirSync(images).filter((name) => name.startsWith("miniprogram-"))).toHaveLength(16);
});
