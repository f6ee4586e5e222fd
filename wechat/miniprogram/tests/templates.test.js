// What every template and style sheet of ours must have, read from their source: the simulator draws no aria-*.
const fs = require("fs");
const path = require("path");

const HERE = path.dirname(__dirname);
const NAMED = /^(aria-label)$/;
// An address that something may be fetched from; where marked wants errors told is only said.
const FOREIGN = /https?:\/\/(?!github\.com\/markedjs)[\w-]+\.[\w./-]+/;

function sources(extension) {
  return ["pages", "components"].flatMap((folder) => fs.readdirSync(path.join(HERE, folder), { recursive: true })
    .filter((file) => file.endsWith(extension)).map((file) => path.join(folder, file)));
}

const read = (file) => fs.readFileSync(path.join(HERE, file), "utf8");

/** The elements of a template: their names, attributes and line. */
function elements(file) {
  const text = read(file);
  return [...text.matchAll(/<([a-z][\w-]*)((?:\s+[\w:-]+(?:="[^"]*")?)*)\s*\/?>/g)].map((found) => ({
    where: `${file}:${text.slice(0, found.index).split("\n").length}`,
    name: found[1],
    attributes: Object.fromEntries([...found[2].matchAll(/([\w:-]+)(?:="([^"]*)")?/g)].map(([, name, value]) => [name, value ?? ""])),
  }));
}

const TEMPLATES = sources(".wxml");
const ALL = TEMPLATES.flatMap(elements);
const isTapped = ({ attributes }) => Object.keys(attributes).some((name) => /^(bind|catch):?tap$/.test(name));

test("there are templates to look at, and every tag of them is read", () => {
  expect(TEMPLATES).toHaveLength(7);
  for (const file of TEMPLATES) expect(elements(file)).toHaveLength(read(file).match(/<[a-z]/g).length);
  expect(ALL.filter(isTapped).length).toBeGreaterThan(40);
});

test("whatever can be tapped tells a screen reader what it is and what it does", () => {
  const silent = ALL.filter(isTapped).filter(({ attributes }) => !attributes["aria-role"] || !attributes["aria-label"]);
  expect(silent.map(({ where }) => where)).toEqual([]);
});

test("whatever can be tapped is as large as a finger needs: it has the class that sets the least size", () => {
  const small = ALL.filter(isTapped).filter(({ attributes }) => !/(^|\s)tap(\s|$)/.test(attributes.class ?? "") && !attributes["data-wide"]);
  expect(small.map(({ where }) => where)).toEqual([]);
  expect(read("shared.wxss")).toMatch(/\.tap \{[^}]*min-width: var\(--target\);[^}]*min-height: var\(--target\);/);
});

test("fields, lists of choices and dialogs have names", () => {
  const wanting = ALL.filter(({ name, attributes }) => ["textarea", "input", "picker", "switch", "slider"].includes(name)
    || ["dialog", "radiogroup", "group", "toolbar", "list"].includes(attributes["aria-role"]));
  expect(wanting.length).toBeGreaterThan(8);
  expect(wanting.filter(({ attributes }) => !Object.keys(attributes).some((name) => NAMED.test(name))).map(({ where }) => where)).toEqual([]);
});

test("what may be chosen says whether it is chosen", () => {
  const chosen = ALL.filter(({ attributes }) => ["radio", "checkbox", "switch"].includes(attributes["aria-role"]));
  expect(chosen.length).toBeGreaterThan(6);
  expect(chosen.filter(({ attributes }) => !attributes["aria-checked"]).map(({ where }) => where)).toEqual([]);
});

test("what changes by itself is told: the state of an answer, troubles, what forms are answered", () => {
  for (const file of ["pages/chat/chat.wxml", "pages/history/history.wxml", "pages/settings/settings.wxml", "components/source-sheet/source-sheet.wxml"]) {
    expect(read(file)).toContain('aria-live="polite"');
  }
  expect(read("components/turn/turn.wxml")).toMatch(/class="problem"[^>]*aria-role="alert"/);
});

test("the label that AI writes here, and the way into the senior view, stand on the chat page under no condition", () => {
  const page = read("pages/chat/chat.wxml");
  const head = page.slice(0, page.indexOf('<view class="offline"'));
  for (const id of ["ai-label", "elder"]) expect(head).toContain(`id="${id}"`);
  expect(head).not.toContain("wx:if");
});

test("no template or style fetches anything, and no size of text is fixed", () => {
  for (const file of [...TEMPLATES, ...sources(".wxss"), "app.wxss", "shared.wxss"]) {
    expect(`${file} ${read(file).match(/https?:\/\/|url\(|<image|<web-view|t-icon/) ?? ""}`).toBe(`${file} `);
  }
  for (const file of [...sources(".wxss"), "app.wxss", "shared.wxss"]) {
    expect(`${file} ${read(file).match(/font-size:\s*[\d.]/) ?? ""}`).toBe(`${file} `);
  }
});

test("no part of tdesign that we use draws its icons, which come from another site", () => {
  const used = sources(".json").flatMap((file) => Object.values(JSON.parse(read(file)).usingComponents ?? {})).filter((where) => where.startsWith("tdesign"));
  expect(used).toHaveLength(3);
  const parts = path.join(HERE, "node_modules/tdesign-miniprogram/miniprogram_dist");
  for (const where of used) {
    const template = fs.readFileSync(path.join(parts, `${where.replace("tdesign-miniprogram/", "")}.wxml`), "utf8");
    expect(template).not.toContain("<t-icon");
  }
});

test("nothing of tdesign that comes along names another site", () => {
  const build = path.join(HERE, "build");
  const files = ["miniprogram_npm", "node_modules"].flatMap((folder) => fs.readdirSync(path.join(build, folder), { recursive: true })
    .map((file) => path.join(build, folder, file)).filter((file) => /\.(wxss|wxml|js)$/.test(file)));
  expect(files.length).toBeGreaterThan(50);
  for (const file of files) expect(`${file} ${fs.readFileSync(file, "utf8").match(FOREIGN) ?? ""}`).toBe(`${file} `);
});

test("text stands out from its ground by 4.5 to 1", () => {
  const colours = Object.fromEntries([...read("shared.wxss").matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]));
  const pairs = [["ink", "ground"], ["ink", "panel"], ["ink", "tint"], ["ink", "mark"], ["quiet", "ground"], ["quiet", "panel"], ["brand", "ground"],
    ["brand", "tint"], ["brand", "panel"], ["on-brand", "brand"], ["warn", "ground"], ["warn", "warn-ground"]];
  for (const [text, ground] of pairs) expect([text, ground, contrast(colours[text], colours[ground]) >= 4.5]).toEqual([text, ground, true]);
});

test("no style sheet of a component selects by the name of a tag, which WeChat forbids", () => {
  for (const file of [...sources(".wxss").filter((one) => one.startsWith("components")), "shared.wxss"]) {
    const selectors = read(file).replace(/\/\*[^]*?\*\//g, "").match(/[^{}]+(?=\{)/g).flatMap((one) => one.split(/[\s,>]+/)).filter(Boolean);
    expect(selectors.filter((one) => !/^(\.|@import|"|;)/.test(one))).toEqual([]);
  }
});

test("the settings of the project hold no app id and no secret", () => {
  const project = read("project.config.json");
  expect(JSON.parse(project).appid).toBe("touristappid");
  expect(JSON.parse(project).setting.useCompilerPlugins).toContain("typescript");
  expect(project).not.toMatch(/wx[0-9a-f]{16}|secret/i);
});

function contrast(one, other) {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
