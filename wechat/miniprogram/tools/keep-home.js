// After `npm ci`: tdesign's icon part names a font on another site. None of our pages draws an icon, but nothing that a page
// loads may even name a third party, so the font goes from the package's copy here, before WeChat's tools build from it.
const fs = require("fs");
const path = require("path");

const sheet = path.join(path.dirname(__dirname), "node_modules/tdesign-miniprogram/miniprogram_dist/icon/icon.wxss");
const styles = fs.readFileSync(sheet, "utf8");
const kept = styles.replace(/@font-face\s*\{[^}]*tdesign\.gtimg\.com[^}]*\}/g, "");
if (kept !== styles) fs.writeFileSync(sheet, kept);
if (kept.includes("gtimg.com")) throw new Error(`${sheet} names another site in a way that tools/keep-home.js does not know: mend it there.`);
