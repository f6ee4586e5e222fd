// One file a script tag can load. Its name tells nothing of its content: its address is in other people's pages.
import type { Plugin, UserConfig } from "vite";

// Styles and markup are a text to the bundler: what is written for us alone is left out here.
const tight: Plugin = {
  name: "tight",
  enforce: "pre",
  transform: (code, id) => {
    if (id.endsWith("/both/words.ts")) return byLanguage(code);
    if (!id.includes("/widget/src/")) return null;
    if (id.endsWith("/styles.ts")) {
      return code.replace(/`[^`]+`/, (css) => css.replace(/\/\*.*?\*\//gs, "").replace(/\s+/g, " ").replace(/ ?([{};,]) /g, "$1").replace(/: /g, ":"));
    }
    return code.replace(/(?<=[>`}])\n\s+(?=[<$])/g, "");
  },
};

/** A table of words reads row by row; language by language it is packed a kilobyte smaller. */
function byLanguage(code: string): string {
  const [whole, rows] = /const BOTH = told\(\{(.+?)\n\}\);/s.exec(code)!;
  const table = Function(`return {${rows}}`)() as Record<string, string[]>;
  const columns = [0, 1, 2].map((at) => Object.values(table).map((row) => row[at]!));
  if (columns.flat().some((word) => word.includes("|"))) throw new Error("a word has the sign that parts words");
  const parted = (words: string[]) => `${JSON.stringify(words.join("|"))}.split("|")`;
  const told = `const COLUMNS = [${columns.map(parted)}];
    export const BOTH = Object.fromEntries(${parted(Object.keys(table))}.map((name, at) => [name, COLUMNS.map((words) => words[at])]));`;
  return code.replace(`export ${whole}`, () => told);
}

export function oneFile(name: string, entry: string, format: "iife" | "es"): UserConfig {
  return {
    publicDir: false,
    plugins: [tight],
    build: {
      // Phones that couriers and seniors carry: their web views are years behind.
      target: ["chrome92", "safari15.4", "firefox98"],
      outDir: "../companion/http/assets",
      emptyOutDir: false,
      modulePreload: false,
      license: { fileName: `${name}.licences.md` },
      rollupOptions: {
        input: entry,
        preserveEntrySignatures: "strict",
        output: { format, entryFileNames: `${name}.js`, codeSplitting: false },
      },
    },
  };
}
