// The words of both pages: what both say stands in one table, and each word in three languages.
const fs = require("fs");
const path = require("path");
const ts = require("typescript");

const BOTH = path.join(__dirname, "../service/both/words.ts");
const OWN = [path.join(__dirname, "../service/words.ts"), path.join(__dirname, "../../../widget/src/words.ts")];

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

test.each(OWN)("%s says nothing again that both say", (file) => {
  const both = wordsOf(BOTH);
  expect(Object.keys(both).length).toBeGreaterThan(130);
  expect(Object.keys(wordsOf(file)).filter((name) => name in both)).toEqual([]);
});

test("what both pages say alike stands where both say it", () => {
  const [here, widget] = OWN.map(wordsOf);
  const alike = Object.keys(here).filter((name) => widget[name]?.join("\n") === here[name].join("\n"));
  expect(alike).toEqual([]);
});

test.each([BOTH, ...OWN])("%s leaves the same places open in each language", (file) => {
  const open = (word) => word.split("{}").length;
  const uneven = Object.entries(wordsOf(file)).filter(([, three]) => three.some((word) => !word || open(word) !== open(three[0])));
  expect(uneven).toEqual([]);
});
