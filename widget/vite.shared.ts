// One file a script tag can load. Its name tells nothing of its content: its address is in other people's pages.
import type { UserConfig } from "vite";

export function oneFile(name: string, entry: string, format: "iife" | "es"): UserConfig {
  return {
    publicDir: false,
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
