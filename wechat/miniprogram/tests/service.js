// The real service over the sample courses as a process of its own, with a model that streams slowly; and a phone whose
// wx.request goes out to it, in pieces that are cut anywhere.
const { spawn, spawnSync } = require("child_process");
const fs = require("fs");
const http = require("http");
const net = require("net");
const os = require("os");
const path = require("path");
const { Phone, until } = require("./phone");

const PROJECT = path.resolve(__dirname, "../../..");
const GOOD = "用原装的充电器，或者电压、接口、电池种类都对得上的同规格充电器。[1]\n"; // stands in a sample course
const OWN = path.join(PROJECT, ".venv/bin/python");

/** The Python that has the service's packages: COMPANION_PYTHON, or the one that `make setup` makes. */
function PYTHON() {
  const found = process.env.COMPANION_PYTHON ?? (fs.existsSync(OWN) ? OWN : null);
  if (!found) throw new Error("Run `make setup`, or name the Python that has the service's packages in COMPANION_PYTHON.");
  return found;
}

/** An OpenAI-compatible model: these sentences, so far apart. */
class Model {
  constructor(sentences, ms = 150) {
    this.asked = 0;
    this.server = http.createServer((request, response) => {
      request.resume().on("end", () => this.say(response, sentences, ms));
    });
  }

  async say(response, sentences, ms) {
    this.asked += 1;
    response.writeHead(200, { "Content-Type": "text/event-stream", Connection: "close" });
    const chunk = (delta, end = null) => response.write(`data: ${JSON.stringify({ id: "m", object: "chat.completion.chunk", created: 1, model: "slow", choices: [{ index: 0, delta, finish_reason: end }] })}\n\n`);
    for (const content of sentences) {
      if (response.destroyed) return;
      chunk({ role: "assistant", content });
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
    chunk({}, "stop");
    response.end("data: [DONE]\n\n");
  }

  async start() {
    await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${this.server.address().port}/v1`;
  }
}

/** The sample courses, indexed into a folder of this test's own. */
function indexed() {
  const data = fs.mkdtempSync(path.join(os.tmpdir(), "companion-"));
  const run = spawnSync(PYTHON(), ["-m", "course_index.cli", "build", "course_index/samples"], { cwd: PROJECT, env: environment({ data_dir: data }), encoding: "utf8" });
  if (run.status !== 0) throw new Error(`the samples could not be indexed: ${run.stderr}`);
  return data;
}

class Service {
  constructor(data, settings = {}) {
    this.settings = { data_dir: data, session_secret: "s".repeat(48), turns_a_minute: 1_000, address_turns_a_minute: 1_000, requests_a_minute: 10_000, address_requests_a_minute: 10_000, ...settings };
  }

  async start() {
    this.port = await freePort();
    this.url = `http://127.0.0.1:${this.port}`;
    this.process = spawn(PYTHON(), ["api.py", "--port", String(this.port)], { cwd: PROJECT, env: environment(this.settings), stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    this.process.stderr.on("data", (text) => { said = (said + text).slice(-4_000); });
    await until(async () => {
      if (this.process.exitCode !== null) throw new Error(`the service ended: ${said}`);
      return (await this.get("/readyz").catch(() => 0)) === 200;
    }, "the service", 60_000);
    return this;
  }

  get(where) {
    return new Promise((resolve, reject) => {
      http.get(this.url + where, (response) => { response.resume(); resolve(response.statusCode); }).on("error", reject);
    });
  }

  async stop() {
    this.process.kill("SIGTERM");
    await new Promise((resolve) => this.process.once("exit", resolve));
  }
}

/** A phone whose requests really go out. */
class RealPhone extends Phone {
  constructor(service) {
    super();
    this.service = service;
    this.routes = {};
    this.pieces = 0;
    this.allAtOnce = false;
  }

  request(options) {
    const phone = this;
    const there = new URL(options.url);
    // WeChat's servers are not here to check its code: who comes with one is admitted as a visitor of the service's own page.
    const isLogin = there.pathname === "/v1/sessions/wechat";
    const { code, ...rest } = isLogin ? JSON.parse(options.data) : {};
    const body = isLogin ? JSON.stringify(rest) : options.data;
    const header = { ...options.header, ...(isLogin ? { Origin: this.service.url } : {}), ...(body ? { "Content-Length": Buffer.byteLength(body) } : {}) };
    const hears = [];
    const record = { path: there.pathname, method: options.method, header: options.header, over: false };
    this.requests.push(record);
    const end = (how, result) => {
      if (record.over) return;
      record.over = true;
      options[how]?.(result);
      options.complete?.(result);
    };
    const sent = http.request(isLogin ? `${this.service.url}/v1/sessions` : options.url, { method: options.method, headers: header }, (response) => {
      const whole = [];
      response.on("data", (bytes) => {
        whole.push(bytes);
        if (options.enableChunked && !phone.allAtOnce) pieces(bytes, (piece) => { phone.pieces += 1; if (!record.over) hears.forEach((hear) => hear({ data: piece })); });
      });
      response.on("end", () => {
        const data = options.enableChunked && !phone.allAtOnce ? new ArrayBuffer(0) : Uint8Array.from(Buffer.concat(whole)).buffer;
        record.status = response.statusCode;
        end("success", { statusCode: response.statusCode, header: response.headers, data });
      });
    });
    sent.on("error", (error) => end("fail", { errMsg: `request:fail ${error.message}` }));
    sent.end(body);
    const cut = (errMsg) => { end("fail", { errMsg }); sent.destroy(); };
    record.interrupt = () => cut("request:fail interrupted");
    return { abort: () => cut("request:fail abort"), onChunkReceived: (hear) => hears.push(hear), onHeadersReceived: () => {} };
  }
}

/** 1 to 23 bytes at a time, as no network cuts them so badly. */
function pieces(bytes, hand) {
  for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 5 + 3) % 23 || 1) hand(Uint8Array.from(bytes.subarray(at, at + size)).buffer);
}

function environment(settings) {
  const plain = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("COMPANION_")));
  const told = Object.fromEntries(Object.entries(settings).map(([name, value]) => [`COMPANION_${name.toUpperCase()}`, String(value)]));
  return { ...plain, ...told, PYTHONPATH: PROJECT };
}

function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

module.exports = { GOOD, Model, PYTHON, RealPhone, Service, indexed };
