import { oneFile } from "./vite.shared.ts";

export default oneFile("widget-math", "src/math.ts", "es");
