import { oneFile } from "./vite.shared.ts";

export default oneFile("charts", "src/charts.ts", "iife");
