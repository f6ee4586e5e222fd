// What the page itself says: 简体, 繁體, English.
const LOCALES = ["zh-Hans", "zh-Hant", "en"];
const WORDS = {
  title: ["学习助手", "學習助手", "Study aid"],
  tagline: [
    "从课程里找答案，注明出处；没有的，直说没有。",
    "從課程裏找答案，註明出處；沒有的，直說沒有。",
    "Answers from the courses, with their sources; a plain no where there is none.",
  ],
  notice: [
    "AI 生成的内容都会标明。本页是演示：课程、机构、时间和地点都是示例数据。",
    "AI 生成的內容都會標明。本頁是演示：課程、機構、時間和地點都是示例數據。",
    "AI-generated content is labelled. This is a demo: courses, providers, dates and places are sample data.",
  ],
  language: ["语言", "語言", "Language"],
  larger: ["大字", "大字", "Larger text"],
  audience: ["我是", "我是", "I am"],
  audience_: ["所有人", "所有人", "anyone"],
  audience_courier: ["快递员", "快遞員", "a courier"],
  audience_senior: ["长者", "長者", "a senior"],
  audience_worker: ["工友", "工友", "a worker"],
  audience_farmer: ["农户", "農戶", "a farmer"],
  audience_child: ["孩子", "孩子", "a child"],
  style: ["怎样答", "怎樣答", "How to answer"],
  style_answer: ["直接回答", "直接回答", "Answer"],
  style_hint: ["只给提示", "只給提示", "Hints only"],
  style_quiz: ["出题练习", "出題練習", "Quiz me"],
  style_plan: ["排学习计划", "排學習計劃", "Study plan"],
  starters: ["可以这样问", "可以這樣問", "You could ask"],
  question: ["您的问题", "您的問題", "Your question"],
  placeholder: ["想问什么？", "想問甚麼？", "Ask a question"],
  send: ["发送", "發送", "Send"],
  stop: ["停止", "停止", "Stop"],
  close: ["关闭", "關閉", "Close"],
  retry: ["重试", "重試", "Try again"],
  thread: ["对话", "對話", "Conversation"],

  waiting: ["正在查找", "正在查找", "Looking"],
  writing: ["正在回答", "正在回答", "Answering"],
  finished: ["回答完成", "回答完成", "Answer complete"],
  stopped: ["已停止。", "已停止。", "Stopped."],
  lost: ["连接断了。", "連接斷了。", "The connection was lost."],
  offline: ["现在没有网络。", "現在沒有網絡。", "You are offline."],
  trouble: ["服务出了问题", "服務出了問題", "The service had a problem:"],
  unfinished: [
    "回答没有完成，可能含 AI 生成的内容",
    "回答沒有完成，可能含 AI 生成的內容",
    "Unfinished; may contain AI-generated content",
  ],

  aigc: ["内容由 AI 生成", "內容由 AI 生成", "AI-generated content"],
  generated: [
    "由 AI 根据课程内容生成，已逐句核对引用",
    "由 AI 根據課程內容生成，已逐句核對引用",
    "Written by AI from course content, each sentence checked against its source",
  ],
  generatedUnchecked: [
    "由 AI 生成，引用没有全部核对",
    "由 AI 生成，引用沒有全部核對",
    "Written by AI; not every sentence was checked against a source",
  ],
  extracted: ["课程原文摘录", "課程原文摘錄", "Quoted from course content"],
  generatedThenExtracted: [
    "前段由 AI 生成，其余是课程原文摘录",
    "前段由 AI 生成，其餘是課程原文摘錄",
    "Begun by AI; the rest is quoted from course content",
  ],
  catalogue: [
    "来自课程目录，不是课程内容里的直接答案",
    "來自課程目錄，不是課程內容裏的直接答案",
    "From the catalogue; not a direct answer from course content",
  ],
  declined: ["无法回答", "無法回答", "Cannot be answered here"],
  fallback: [
    "AI 这次没能可靠作答，所以摘录课程原文。",
    "AI 這次沒能可靠作答，所以摘錄課程原文。",
    "The AI could not answer reliably this time, so course content is quoted.",
  ],

  sources: ["出处", "出處", "Sources"],
  openSource: ["打开出处", "打開出處", "Open source"],
  lesson: ["课时", "課時", "Lesson"],
  locator: ["位置", "位置", "Where"],
  heading: ["章节", "章節", "Section"],
  asOf: ["内容日期", "內容日期", "Content dated"],
  original: ["原文网址", "原文網址", "Original"],
  passage: ["原文段落", "原文段落", "The whole passage"],
  loading: ["正在取原文……", "正在取原文……", "Fetching the passage…"],
  noPassage: ["现在取不到这一段原文。", "現在取不到這一段原文。", "The passage cannot be fetched now."],
  sample: ["示例数据", "示例數據", "sample data"],
  unknown: ["未注明", "未註明", "not stated"],

  provider: ["机构", "機構", "Provider"],
  level: ["级别", "級別", "Level"],
  hours: ["学时", "學時", "Hours"],
  credits: ["学分", "學分", "Credits"],
  price: ["费用", "費用", "Fee"],
  free: ["免费", "免費", "free"],
  delivery: ["方式", "方式", "Format"],
  online: ["线上", "線上", "online"],
  offline_course: ["线下", "線下", "in person"],
  blended: ["线上线下结合", "線上線下結合", "blended"],
  session: ["面授", "面授", "In person"],
  dateUnknown: ["日期未注明", "日期未註明", "date not stated"],
  seats: ["名额", "名額", "seats"],
  stepFree: ["无障碍通行", "無障礙通行", "step-free"],
  steps: ["有台阶", "有台階", "not step-free"],
};

export let locale = remembered("locale") ?? (/^zh-(hant|hk|tw|mo)/i.test(navigator.language) ? "zh-Hant" : "zh-Hans");
if (!LOCALES.includes(locale)) locale = "zh-Hans";

export function speak(chosen) {
  locale = chosen;
  remember("locale", chosen);
}

export function word(name) {
  return WORDS[name][LOCALES.indexOf(locale)];
}

export function remembered(key) {
  try { return localStorage.getItem(key); } catch { return null; }
}

export function remember(key, value) {
  try { localStorage.setItem(key, value); } catch { /* a private window keeps nothing */ }
}
