// TeX to MathML, which browsers draw themselves. A file of its own: it is fetched with the first formula.
import temml from "temml";

export function toMathML(tex: string, display: boolean): string {
  return temml.renderToString(tex, { displayMode: display, throwOnError: false, trust: false, maxExpand: 200, maxSize: [20, 20] });
}
