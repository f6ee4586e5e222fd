// What the portal widget and the mini-program both say: 简体, 繁體, English.
export const LOCALES = ["zh-Hans", "zh-Hant", "en"] as const;
export type Locale = (typeof LOCALES)[number];

// Not `satisfies`: WeChat's own compiler may be older than that.
export const told = <Name extends string>(words: Record<Name, readonly [string, string, string]>): typeof words => words;

export const BOTH = told({
  title: ["学习助手", "學習助手", "Study aid"],
  close: ["关闭", "關閉", "Close"],
  back: ["返回", "返回", "Back"],
  fresh: ["新对话", "新對話", "New conversation"],
  history: ["以前的对话", "以前的對話", "Earlier conversations"],
  settings: ["设置", "設定", "Settings"],
  complain: ["投诉与举报", "投訴與舉報", "Complain or report"],
  erase: ["清除我的数据", "清除我的資料", "Erase my data"],
  export: ["导出我的数据", "匯出我的資料", "Export my data"],
  nothingKept: ["这里没有保存您的个人数据。", "這裏沒有儲存您的個人資料。", "Nothing is kept of you here."],
  about: ["关于", "關於", "About"],
  tagline: [
    "从课程里找答案，注明出处；没有的，直说没有。",
    "從課程裏找答案，註明出處；沒有的，直說沒有。",
    "Answers from the courses, with their sources; a plain no where there is none.",
  ],
  starters: ["可以这样问", "可以這樣問", "You could ask"],
  question: ["您的问题", "您的問題", "Your question"],
  agree: ["同意并开始", "同意並開始", "Agree and begin"],
  agreeFirst: [
    "使用前请先同意下面的条款（版本 {}）。",
    "使用前請先同意下面的條款（版本 {}）。",
    "Please agree to these terms first (version {}).",
  ],
  tooLong: [
    "太长了：现在 {} 字，一次最多 {} 字。请分几次问。",
    "太長了：現在 {} 字，一次最多 {} 字。請分幾次問。",
    "Too long: {} characters of at most {}. Please ask in parts.",
  ],
  placeholder: ["想问什么？", "想問甚麼？", "Ask a question"],
  send: ["发送", "發送", "Send"],
  stop: ["停止", "停止", "Stop"],
  earlier: ["显示更早的对话", "顯示更早的對話", "Show earlier turns"],
  you: ["您问", "您問", "You asked"],
  answerOf: ["学习助手的回答", "學習助手的回答", "The study aid's answer"],

  style: ["怎样答", "怎樣答", "How to answer"],
  style_answer: ["直接回答", "直接回答", "Answer"],
  style_hint: ["只给提示", "只給提示", "Hints only"],
  style_quiz: ["出题练习", "出題練習", "Quiz me"],
  style_plan: ["排学习计划", "排學習計劃", "Study plan"],

  waiting: ["正在查找", "正在查找", "Looking"],
  writing: ["正在回答", "正在回答", "Answering"],
  reconnecting: ["连接断了，正在接上", "連接斷了，正在接上", "The connection was lost; going on"],
  finished: ["回答完成", "回答完成", "Answer complete"],
  stopped: ["已停止。", "已停止。", "Stopped."],
  lost: ["连接断了，回答没有收完。", "連接斷了，回答沒有收完。", "The connection was lost before the answer was whole."],
  offline: [
    "现在没有网络。您的问题还在，联网后点“重试”。",
    "現在沒有網絡。您的問題還在，連網後點「重試」。",
    "You are offline. Your question is kept: press “Try again” once you are back.",
  ],
  isOffline: ["没有网络", "沒有網絡", "Offline"],
  limited: ["问得太快了，请等 {} 秒。", "問得太快了，請等 {} 秒。", "Too many questions; please wait {} s."],
  trouble: ["服务出了问题，请稍后再试。", "服務出了問題，請稍後再試。", "The service had a problem; please try again later."],
  unfinished: ["回答没有完成", "回答沒有完成", "Unfinished"],
  unfinishedAi: ["回答没有完成，含 AI 生成的内容", "回答沒有完成，含 AI 生成的內容", "Unfinished; contains AI-generated content"],
  call: ["拨打 {}", "撥打 {}", "Call {}"],
  retry: ["重试", "重試", "Try again"],
  regenerate: ["再答一次", "再答一次", "Answer again"],
  copy: ["复制", "複製", "Copy"],
  copied: ["已复制", "已複製", "Copied"],
  more: ["继续说", "繼續說", "Go on"],

  aigc: ["内容由 AI 生成", "內容由 AI 生成", "AI-generated"],
  generated: ["由 AI 根据课程内容写成，逐句核对过出处", "由 AI 根據課程內容寫成，逐句核對過出處", "Written by AI from course content, each sentence checked against its source"],
  generatedUnchecked: ["由 AI 写成，没有全部核对", "由 AI 寫成，沒有全部核對", "Written by AI; not all of it was checked"],
  extracted: ["课程原文摘录，不是 AI 写的", "課程原文摘錄，不是 AI 寫的", "Quoted from course content, not written by AI"],
  generatedThenExtracted: ["前段由 AI 写成，其余是课程原文", "前段由 AI 寫成，其餘是課程原文", "Begun by AI; the rest is quoted from course content"],
  catalogue: ["只来自课程目录，不是课程内容里的答案", "只來自課程目錄，不是課程內容裏的答案", "From the catalogue only; not an answer from course content"],
  declined: ["这里不能回答", "這裏不能回答", "Cannot be answered here"],
  fallback: ["AI 这次没能可靠作答，所以摘录课程原文。", "AI 這次沒能可靠作答，所以摘錄課程原文。", "The AI could not answer reliably this time, so course content is quoted."],

  sources: ["出处", "出處", "Sources"],
  openSource: ["打开出处", "打開出處", "Open source"],
  lesson: ["课时", "課時", "Lesson"],
  locator: ["位置", "位置", "Where"],
  expired: ["已于此日过期", "已於此日過期", "Valid only until"],
  heading: ["章节", "章節", "Section"],
  asOf: ["内容日期", "內容日期", "Content dated"],
  original: ["原文网址", "原文網址", "Original"],
  passage: ["原文段落", "原文段落", "The whole passage"],
  loading: ["正在取……", "正在取……", "Fetching…"],
  noPassage: ["现在取不到这一段原文。", "現在取不到這一段原文。", "The passage cannot be fetched now."],
  sample: ["示例数据", "示例數據", "sample data"],
  unknown: ["未注明", "未註明", "not stated"],

  courses: ["课程", "課程", "Courses"],
  way: ["学习路径", "學習路徑", "Learning pathway"],
  stepDone: ["已学完", "已學完", "done"],
  stepAgain: ["再学一次", "再學一次", "once more"],
  provider: ["机构", "機構", "Provider"],
  level: ["级别", "級別", "Level"],
  hours: ["学时", "學時", "Hours"],
  credits: ["学分", "學分", "Credits"],
  price: ["费用", "費用", "Fee"],
  yuan: ["元", "元", "CNY"],
  free: ["免费", "免費", "free"],
  delivery: ["方式", "方式", "Format"],
  online: ["线上", "線上", "online"],
  offlineCourse: ["线下", "線下", "in person"],
  blended: ["线上线下结合", "線上線下結合", "blended"],
  session: ["面授", "面授", "In person"],
  dateUnknown: ["日期未注明", "日期未註明", "date not stated"],
  seats: ["名额", "名額", "seats"],
  stepFree: ["无障碍通行", "無障礙通行", "step-free"],
  steps: ["有台阶", "有台階", "not step-free"],
  openCourse: ["打开课程", "打開課程", "Open course"],

  quizAnswer: ["您的答案", "您的答案", "Your answer"],
  quizSend: ["交卷", "交卷", "Hand in"],
  quizSkip: ["下一题", "下一題", "Next one"],
  right: ["对", "對", "True"],
  wrong: ["错", "錯", "False"],

  good: ["有帮助", "有幫助", "Helpful"],
  bad: ["没有帮助", "沒有幫助", "Not helpful"],
  why: ["哪里不好？", "哪裏不好？", "What was wrong?"],
  reason_wrong: ["答错了", "答錯了", "It is wrong"],
  reason_incomplete: ["不完整", "不完整", "Incomplete"],
  reason_not_my_question: ["答非所问", "答非所問", "Not what I asked"],
  reason_outdated: ["过时了", "過時了", "Outdated"],
  reason_unclear: ["看不懂", "看不懂", "Unclear"],
  reason_unsafe: ["不妥当", "不妥當", "Harmful"],
  reason_no_course: ["没有我要的课", "沒有我要的課", "No course for me"],
  comment: ["还想说什么（可以不写）", "還想說甚麼（可以不寫）", "Anything else (optional)"],
  sendOpinion: ["提交", "提交", "Send"],
  thanks: ["谢谢，已经记下。", "謝謝，已經記下。", "Thank you; it is noted."],
  notKept: ["没有记下，请再试一次。", "沒有記下，請再試一次。", "It was not kept; please try again."],

  language: ["语言", "語言", "Language"],
  audience: ["我是", "我是", "I am"],
  audience_: ["不说", "不說", "not telling"],
  audience_courier: ["快递员", "快遞員", "a courier"],
  audience_senior: ["长者", "長者", "a senior"],
  audience_worker: ["工友", "工友", "a worker"],
  audience_farmer: ["农户", "農戶", "a farmer"],
  audience_youth: ["青年", "青年", "a young adult"],
  audience_child: ["孩子", "孩子", "a child"],
  textSize: ["字号", "字號", "Text size"],
  smaller: ["小一点", "細一點", "smaller"],
  larger: ["大一点", "大一點", "larger"],
  personal: ["推荐时参考我的学习记录", "推薦時參考我的學習記錄", "Advice may use what I have learned"],

  noHistory: ["没有保存的对话。", "沒有儲存的對話。", "No conversations are kept."],
  eraseAsk: [
    "会清除：您的全部对话、评价、学习记录和设置。清除后不能恢复。",
    "會清除：您的全部對話、評價、學習記錄和設定。清除後不能恢復。",
    "This erases all your conversations, opinions, learning records and settings. It cannot be undone.",
  ],
  eraseYes: ["全部清除", "全部清除", "Erase everything"],
  cancel: ["取消", "取消", "Cancel"],
  erased: ["已经清除。", "已經清除。", "Erased."],
  receipt: ["回执号：{}（全号 {}）", "回執號：{}（全號 {}）", "Receipt: {} (in full {})"],

  kind_complaint: ["投诉", "投訴", "Complaint"],
  kind_report: ["举报有害内容", "舉報有害內容", "Report harmful content"],
  kind_appeal: ["对拒答提出申诉", "對拒答提出申訴", "Appeal against a refusal"],
  complaintWords: ["请写下经过", "請寫下經過", "What happened"],
  complaintsMade: ["您提过的", "您提過的", "What you have sent"],
  complaintWaits: ["还没有答复，最迟 {} 前答复。", "還沒有答覆，最遲 {} 前答覆。", "Not answered yet; you will be answered by {}."],
  complaintMade: ["已收到。编号 {}，最迟 {} 前答复。", "已收到。編號 {}，最遲 {} 前答覆。", "Received. Ticket {}; you will be answered by {}."],

  notice: ["AI 生成的内容会标明，请核对出处", "AI 生成的內容會標明，請核對出處", "AI content is labelled; check the sources"],
  model: ["模型", "模型", "Model"],
  noModel: ["没有接入大模型：只摘录课程原文", "沒有接入大模型：只摘錄課程原文", "No language model: course content is quoted only"],
  filing: ["备案号", "備案號", "Filing number"],
  operator: ["运营者", "營運者", "Operator"],
  terms: ["服务协议", "服務協議", "Terms"],
  privacy: ["隐私政策", "隱私政策", "Privacy"],
  hotline: ["服务电话", "服務電話", "Hotline"],
  keptDays: ["对话保存 {} 天", "對話儲存 {} 天", "Conversations are kept for {} days"],
});

export type WordOfBoth = keyof typeof BOTH;
export type SayOfBoth = (name: WordOfBoth, ...values: (string | number)[]) => string;

/** What is said of a table, in one language; `{}` is filled in order. */
export function speakingOf<Name extends string>(
  words: Record<Name, readonly [string, string, string]>, locale: Locale,
): (name: Name, ...values: (string | number)[]) => string {
  const at = LOCALES.indexOf(locale);
  // A newer service may name what we have no word for.
  return (name, ...values) => values.reduce<string>((text, value) => text.replace("{}", String(value)), words[name]?.[at] ?? "");
}

/** The nearest of our languages to a tag such as zh-CN, zh-HK, en-GB. */
export function nearest(tag: string): Locale {
  const lower = tag.toLowerCase();
  if (/^(?:zh|yue)\b/.test(lower)) return /hant|hk|tw|mo\b/.test(lower) ? "zh-Hant" : "zh-Hans";
  return lower.startsWith("en") ? "en" : "zh-Hans";
}
