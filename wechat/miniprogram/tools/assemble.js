// build/: the mini-program as WeChat would compile it, for the tests: our scripts by tsc, what is not script as it is, and the
// parts of tdesign-miniprogram that our pages name, its ES modules turned into CommonJS.
const fs = require("fs");
const path = require("path");
const ts = require("typescript");

const ROOT = path.dirname(__dirname);
const BUILD = path.join(ROOT, "build");
const PARTS = path.join(ROOT, "node_modules", "tdesign-miniprogram", "miniprogram_dist");
const NPM = path.join(BUILD, "miniprogram_npm", "tdesign-miniprogram");

function files(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const whole = path.join(folder, entry.name);
    return entry.isDirectory() ? files(whole) : [whole];
  });
}

function write(to, text) {
  fs.mkdirSync(path.dirname(to), { recursive: true });
  fs.writeFileSync(to, text);
}

/** A name of a package's part is a path below miniprogram_npm, as WeChat finds it. */
function located(json) {
  const used = JSON.parse(json);
  for (const [name, where] of Object.entries(used.usingComponents ?? {})) {
    if (where.startsWith("tdesign-miniprogram/")) used.usingComponents[name] = `/miniprogram_npm/${where}`;
  }
  return JSON.stringify(used);
}

function ours() {
  for (const folder of ["pages", "components"]) {
    for (const file of files(path.join(ROOT, folder)).filter((one) => /\.(wxml|wxss|json)$/.test(one))) {
      const text = fs.readFileSync(file, "utf8");
      write(path.join(BUILD, path.relative(ROOT, file)), file.endsWith(".json") ? located(text) : text);
    }
  }
  for (const file of ["app.json", "app.wxss", "shared.wxss"]) write(path.join(BUILD, file), fs.readFileSync(path.join(ROOT, file)));
}

/** The folders of tdesign's parts that these ones are made of. */
function closure(folders, found = new Set()) {
  for (const folder of folders) {
    if (found.has(folder)) continue;
    found.add(folder);
    for (const file of files(path.join(PARTS, folder)).filter((one) => one.endsWith(".json"))) {
      const used = Object.values(JSON.parse(fs.readFileSync(file, "utf8")).usingComponents ?? {});
      closure(used.map((where) => path.relative(PARTS, path.join(path.dirname(file), where)).split(path.sep)[0]), found);
    }
  }
  return found;
}

function theirs() {
  const named = files(BUILD).filter((one) => one.endsWith(".json") && !one.startsWith(NPM))
    .flatMap((one) => Object.values(JSON.parse(fs.readFileSync(one, "utf8")).usingComponents ?? {}))
    .filter((where) => where.startsWith("/miniprogram_npm/tdesign-miniprogram/"))
    .map((where) => where.split("/")[3]);
  const folders = [...closure(new Set(named)), "common", "mixins", "config-provider", "locale"];
  for (const file of folders.flatMap((folder) => files(path.join(PARTS, folder)))) {
    if (file.endsWith(".d.ts")) continue;
    const text = fs.readFileSync(file, "utf8");
    write(path.join(NPM, path.relative(PARTS, file)), file.endsWith(".js") ? commonJs(text) : text);
  }
  // What tdesign brings along is found by name from there.
  const brought = path.join(PARTS, "miniprogram_npm");
  for (const file of files(brought).filter((one) => one.endsWith(".js"))) {
    write(path.join(BUILD, "node_modules", path.relative(brought, file)), commonJs(fs.readFileSync(file, "utf8")));
  }
}

function commonJs(text) {
  return ts.transpileModule(text, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2018 } }).outputText;
}

ours();
theirs();
