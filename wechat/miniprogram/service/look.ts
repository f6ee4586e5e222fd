// How large things are: the learner's own choice, times what WeChat's own setting of the text size asks for.

/** In px. The senior view begins above 18 and goes up to 30, as the national rules on ageing-friendly apps have it. */
const USUAL = [16, 18, 20, 22, 24];
const SENIOR = [20, 22, 24, 27, 30];
const LEAST_SENIOR = 18;
const LEAST_USUAL = 14;
const MOST = 30;
const WECHAT_USUAL = 17; // px, what WeChat's own text has at its standard size
const FONTS = "PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif";

export interface Look {
  elder: boolean;
  body: number;
  target: number;
  isSmallest: boolean;
  isLargest: boolean;
  /** For the outermost view of a page; everything within reads its variables. */
  style: string;
}

export function lookOf(elder: boolean, step: number, system: number = systemScale()): Look {
  const sizes = elder ? SENIOR : USUAL;
  const at = Math.min(Math.max(step, 0), sizes.length - 1);
  const body = bounded(Math.round(sizes[at]! * system * 2) / 2, elder ? LEAST_SENIOR : LEAST_USUAL, MOST);
  const small = bounded(Math.round(body * 0.85 * 2) / 2, elder ? LEAST_SENIOR : 13, MOST);
  const target = elder ? 60 : 44;
  const style = [
    `--body:${body}px`,
    `--small:${small}px`,
    `--title:${Math.min(MOST, body + 2)}px`,
    `--target:${target}px`,
    `--td-font-body-large:${body}px / 1.6 ${FONTS}`,
  ].join(";");
  return { elder, body, target, isSmallest: at === 0, isLargest: body >= MOST || at === sizes.length - 1, style };
}

/** 1 is WeChat's standard size. */
export function systemScale(): number {
  const { fontSizeScaleFactor, fontSizeSetting } = wx.getAppBaseInfo();
  return fontSizeScaleFactor || (fontSizeSetting ? fontSizeSetting / WECHAT_USUAL : 1);
}

function bounded(size: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, size));
}
