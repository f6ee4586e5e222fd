// One file a script tag can load. Its name tells nothing of its content: its address is in other people's pages.
import type { Plugin, UserConfig } from "vite";

// Styles are a text to the bundler: what is written for us alone is left out here.
const tight: Plugin = {
  name: "tight-styles",
  transform: (code, id) =>
    id.endsWith("/styles.ts") ? code.replace(/`[^`]+`/, (css) => css.replace(/\/\*.*?\*\//gs, "").replace(/\s+/g, " ").replace(/ ?([{};,]) /g, "$1")) : null,
};

export function oneFile(name: string, entry: string, format: "iife" | "es"): UserConfig {
  return {
    publicDir: false,
    plugins: [tight],
    build: {
      // Phones that couriers and seniors carry: their web views are years behind.
      target: ["chrome87", "safari15", "firefox90"],
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
