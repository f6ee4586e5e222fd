// A phone to hold the mini-program: WeChat's own calls as the page makes them, and what was called.
const path = require("path");
const simulate = require("miniprogram-simulate");

const ROOT = path.join(path.dirname(__dirname), "build");
const ABOUT = {
  operator: "广东终身学习平台", model: { name: "测试模型", filing: "粤-0001" }, terms_url: "https://t.example.gd.cn/terms",
  privacy_url: "https://t.example.gd.cn/privacy", visitors: true, hotline: "12345", consent_version: null, conversation_days: 30,
};

/** A request on its way: the test plays the service. */
class Request {
  constructor(options, phone) {
    Object.assign(this, { options, phone, hears: [], over: false });
    this.path = new URL(options.url).pathname;
    this.method = options.method;
    this.body = options.data === undefined ? undefined : JSON.parse(options.data);
  }

  header(name) {
    return Object.entries(this.options.header ?? {}).find(([one]) => one.toLowerCase() === name.toLowerCase())?.[1];
  }

  /** Bytes arrive, as WeChat hands them on. */
  bytes(bytes) {
    if (!this.over) this.hears.forEach((hear) => hear({ data: Uint8Array.from(bytes).buffer }));
  }

  /** Events arrive whole, from number `from`. */
  events(events, from = 1) {
    this.bytes(Buffer.from(asStream(events, from)));
  }

  succeed(status = 200, body = "", header = {}) {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    this.end("success", { statusCode: status, header, data: Uint8Array.from(Buffer.from(text)).buffer });
  }

  fail(errMsg = "request:fail") {
    this.end("fail", { errMsg });
  }

  end(how, result) {
    if (this.over) return;
    this.over = true;
    this.options[how]?.(result);
    this.options.complete?.(result);
  }

  task() {
    return {
      abort: () => { this.aborted = true; this.fail("request:fail abort"); },
      onChunkReceived: (hear) => this.hears.push(hear),
      onHeadersReceived: () => {}, offChunkReceived: () => {}, offHeadersReceived: () => {},
    };
  }
}

class Phone {
  /** `routes` answer requests by "METHOD /path": a body, or a function of the request; what has no route waits in `waiting`. */
  constructor(routes = {}) {
    this.requests = [];
    this.storage = new Map();
    this.logins = 0;
    this.toasts = [];
    this.clipboard = null;
    this.went = [];
    this.files = {};
    this.shared = [];
    this.confirms = true;
    this.picks = 0;
    this.online = true;
    this.base = { language: "zh_CN", SDKVersion: "3.7.0", fontSizeScaleFactor: 1, fontSizeSetting: 17, theme: "light" };
    this.hearNetwork = [];
    this.routes = {
      "POST /v1/sessions/wechat": () => ({ token: `token-${this.logins}`, token_type: "Bearer", expires_in: 1800 }),
      "GET /v1/about": ABOUT,
      "GET /v1/starters": { questions: ["电动车充电要注意什么", "怎样量血压"] },
      ...routes,
    };
    global.wx = window.wx = Object.assign(global.wx ?? {}, this.calls());
  }

  calls() {
    const phone = this;
    const window = () => ({ windowWidth: 375, windowHeight: 700, statusBarHeight: 20, pixelRatio: 2, screenWidth: 375, screenHeight: 700 });
    return {
      request: (options) => phone.request(options),
      login: ({ success }) => { phone.logins += 1; success({ code: `code-${phone.logins}`, errMsg: "login:ok" }); },
      getStorageSync: (key) => phone.storage.get(key) ?? "",
      setStorageSync: (key, value) => void phone.storage.set(key, JSON.parse(JSON.stringify(value))),
      removeStorageSync: (key) => void phone.storage.delete(key),
      getNetworkType: ({ success }) => success({ networkType: phone.online ? "wifi" : "none" }),
      onNetworkStatusChange: (hear) => phone.hearNetwork.push(hear),
      getAppBaseInfo: () => phone.base,
      getWindowInfo: window,
      getDeviceInfo: () => ({ platform: "android", model: "test", system: "Android 14" }),
      getSystemInfoSync: () => ({ ...phone.base, ...window() }),
      setNavigationBarTitle: ({ title }) => { phone.title = title; },
      navigateTo: ({ url }) => void phone.went.push(url),
      reLaunch: ({ url }) => void phone.went.push(url),
      navigateBack: () => void phone.went.push("back"),
      showToast: ({ title }) => void phone.toasts.push(title),
      showModal: ({ success }) => success({ confirm: phone.confirms, cancel: !phone.confirms }),
      showActionSheet: ({ itemList, success }) => { phone.sheet = itemList; success({ tapIndex: phone.picks }); },
      setClipboardData: ({ data, success }) => { phone.clipboard = data; success?.({}); },
      openPrivacyContract: () => void phone.went.push("privacy contract"),
      env: { USER_DATA_PATH: "wxfile://usr" },
      getFileSystemManager: () => ({
        writeFileSync: (where, text) => { phone.files[where] = text; },
        unlinkSync: (where) => { if (!delete phone.files[where]) throw new Error("unlink:fail"); },
      }),
      shareFileMessage: ({ filePath, success }) => { phone.shared.push(filePath); success({}); },
      createSelectorQuery: () => ({ select: () => ({ boundingClientRect: () => ({ exec: () => {} }) }), exec: () => {} }),
    };
  }

  request(options) {
    const request = new Request(options, this);
    this.requests.push(request);
    if (!this.online) setTimeout(() => request.fail("request:fail net::ERR_INTERNET_DISCONNECTED"), 0);
    const route = this.routes[`${request.method} ${request.path}`];
    const body = typeof route === "function" ? route(request) : route;
    if (body !== undefined) setTimeout(() => request.succeed(200, body), 0);
    return request.task();
  }

  becomes(online) {
    this.online = online;
    this.hearNetwork.forEach((hear) => hear({ isConnected: online, networkType: online ? "wifi" : "none" }));
  }

  /** The requests of a path, in their order. */
  of(where) {
    return this.requests.filter((request) => `${request.method} ${request.path}` === where);
  }

  /** The latest request of a path, once it is made. */
  async asked(where, nth = 1) {
    await until(() => this.of(where).length >= nth, `${where} no. ${nth}`);
    return this.of(where)[nth - 1];
  }

  /** The app, begun anew on this phone: what it holds in memory is gone. */
  launch(base = "https://companion.test") {
    const { Services } = require(path.join(ROOT, "service/services"));
    const app = { services: new Services(base) };
    global.getApp = () => app;
    app.services.turns.restore();
    return app.services;
  }
}

const loaded = new Map();

/** A page or a component on the screen. */
function render(where, properties = {}) {
  const name = path.basename(where);
  if (!loaded.has(where)) loaded.set(where, simulate.load(path.join(ROOT, where), name, { rootPath: ROOT }));
  const shown = simulate.render(loaded.get(where), properties);
  shown.attach(document.body.appendChild(document.createElement("div")));
  return shown;
}

/** A page, opened as WeChat opens it. */
function open(where, query = {}) {
  const page = render(where);
  page.instance.onLoad?.(query);
  page.instance.onShow?.();
  return page;
}

function textOf(shown) {
  return shown.dom.textContent.replace(/\s+/g, " ").trim();
}

/** Within a page, the nth turn. */
function turnOf(page, nth = 0) {
  return page.querySelectorAll("turn, .turn-view")[nth] ?? page.querySelector(`#turn-${nth}`);
}

function tap(shown, selector) {
  const found = shown.querySelector(selector);
  if (!found) throw new Error(`nothing here is ${selector}: ${textOf(shown)}`);
  found.dispatchEvent("tap");
}

async function until(holds, what = "it", ms = 10_000) {
  for (const end = Date.now() + ms; ; await simulate.sleep(5)) {
    const found = await holds();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what} did not come about in ${ms} ms`);
  }
}

function asStream(events, from = 1) {
  return events.map(([name, data], at) => `event: ${name}\nid: ${from + at}\ndata: ${ascii(data)}\n\n`).join("");
}

/** As the service writes it: no byte above 127. */
function ascii(data) {
  return JSON.stringify(data).replace(/[^\x00-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

module.exports = { ABOUT, ROOT, Phone, Request, render, open, textOf, turnOf, tap, until, asStream, ascii, sleep: simulate.sleep };
