// What the widget itself says, beside what the mini-program says too.
import { BOTH, type Locale, speakingOf, told } from "../../wechat/miniprogram/service/both/words";

export { type Locale, LOCALES, nearest } from "../../wechat/miniprogram/service/both/words";

const WORDS = {
  ...BOTH,
  ...told({
    menu: ["更多", "更多", "More"],
    save: ["保存对话", "儲存對話", "Save this conversation"],
    badge: ["AI", "AI", "AI"],
    thread: ["对话", "對話", "Conversation"],
    notAdmitted: [
      "这个网页还没有得到服务的许可。请告诉网站的管理员。",
      "這個網頁還沒有得到服務的許可。請告訴網站的管理員。",
      "This page is not admitted to the service. Please tell whoever runs it.",
    ],
    signedOut: [
      "登录已经过期。请刷新网页或重新登录，再点“重试”。",
      "登入已經過期。請重新整理網頁或重新登入，再點「重試」。",
      "Your sign-in has ended. Reload the page or sign in again, then press “Try again”.",
    ],
    notCopied: ["浏览器不让复制", "瀏覽器不讓複製", "The browser does not let us copy"],
    aloud: ["读出来", "讀出來", "Read aloud"],
    hush: ["停止朗读", "停止朗讀", "Stop reading"],
    dictate: ["说话输入", "說話輸入", "Dictate"],
    listening: ["正在听，说完会填进来", "正在聽，說完會填進來", "Listening; what you say is filled in"],
    instead: ["看相关课程", "看相關課程", "Show courses instead"],
    insteadTitle: ["与您的问题相关的课程", "與您的問題相關的課程", "Courses related to your question"],
    insteadNone: ["目录里没有找到相关的课程。", "目錄裏沒有找到相關的課程。", "The catalogue has no related course."],
    theme: ["颜色", "顏色", "Colours"],
    theme_auto: ["跟随系统", "跟隨系統", "as the system"],
    theme_light: ["浅色", "淺色", "light"],
    theme_dark: ["深色", "深色", "dark"],
    elder: ["长者模式（大字、大按钮、可朗读）", "長者模式（大字、大按鈕、可朗讀）", "Senior mode (large text and buttons, read aloud)"],
    exported: [
      "已存成文件 learning-companion.json：{} 轮对话，{}。",
      "已存成檔案 learning-companion.json：{} 輪對話，{}。",
      "Saved as learning-companion.json. Turns: {}; {}.",
    ],
    notDone: ["没有成功，请再试一次。", "沒有成功，請再試一次。", "That did not work; please try again."],
    transcriptTitle: ["与学习助手的对话", "與學習助手的對話", "Conversation with the study aid"],
  }),
};

export type Word = keyof typeof WORDS;
export type Say = (name: Word, ...values: (string | number)[]) => string;

/** The words in one language. */
export function speaking(locale: Locale): Say {
  return speakingOf(WORDS, locale);
}
