import { oneFile } from "./vite.shared.ts";

export default oneFile("widget", "src/index.ts", "iife");
