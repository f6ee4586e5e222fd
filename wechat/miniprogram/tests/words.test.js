// WeChat compiles nothing outside of its folder, so the portal widget's words stand here once more: they are the same.
const fs = require("fs");
const path = require("path");
const ts = require("typescript");

const HERE = path.join(__dirname, "../service/words.ts");
const WIDGET = path.join(__dirname, "../../../widget/src/words.ts");
// What a phone says otherwise than a browser.
const OF_A_PHONE = ["notAdmitted", "notCopied", "exported"];

const wordsOf = (file) => {
  const words = {};
  const read = (node) => {
    const three = ts.isPropertyAssignment(node) && ts.isArrayLiteralExpression(node.initializer) && node.initializer.elements;
    if (three && three.length === 3 && three.every(ts.isStringLiteral)) words[node.name.getText()] = three.map((one) => one.text);
    ts.forEachChild(node, read);
  };
  read(ts.createSourceFile(file, fs.readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true));
  return words;
};

test("what both say they say in the same words", () => {
  const here = wordsOf(HERE);
  const widget = wordsOf(WIDGET);
  const both = Object.keys(here).filter((name) => name in widget);
  expect(both.length).toBeGreaterThan(130);
  expect(both.filter((name) => here[name].join("\n") !== widget[name].join("\n"))).toEqual(OF_A_PHONE);
});
