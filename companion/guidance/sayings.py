"""What advice says, in the learner's language and script; `{}` slots are filled from records alone."""

from dataclasses import dataclass
from functools import cache

from companion.words import Locale, in_locale


@dataclass(frozen=True, slots=True)
class Sayings:
    """One phrase a situation."""

    # Why a course is shown: each is a fact that ranked it.
    lesson: str
    terms: str
    card: str
    occupation: str
    occupation_named: str
    audience: str
    start_low: str
    go_on: str
    go_deep: str
    near_session: str
    near_km: str
    no_date: str
    step_free: str
    free: str
    price: str
    online: str
    followed: str
    rated: str
    interest: str
    fresh: str
    level: str
    english: str
    again: str
    between: str
    stop: str
    # What stands in the way.
    way_open: str
    way_finished: str
    way_free: str
    way_price: str
    way_hours: str
    way_level: str
    way_credits: str
    way_begins: str
    way_language: str
    way_delivery: str
    way_place: str
    way_step_free: str
    way_prerequisites: str
    way_excluded: str
    way_audience: str
    in_the_way: str
    nothing_meets: str
    closest_courses: str
    no_such_course: str
    may_suit: str
    # Places.
    nearest: str
    none_near: str
    among_the_nearest: str
    online_instead: str
    no_times: str
    no_certificates: str
    nothing_on_conditions: str
    in_the_way_of_any: str
    counted: str
    no_others: str
    # Occupations and gaps.
    means: str
    taught: str
    had: str
    not_taught: str
    sample_data: str
    work: str
    no_skills_named: str
    title_low: str
    title_high: str
    # Pathways.
    path_intro: str
    path_intro_plain: str
    path_no_diploma: str
    path_step: str
    path_hours: str
    path_credits: str
    path_level: str
    path_session: str
    path_dates: str
    path_done: str
    path_again: str
    path_total: str
    path_total_credits: str
    path_ends: str
    path_days: str
    path_no_hours: str
    path_ask_hours: str
    path_missing: str
    path_unofficial: str
    path_alternatives: str
    path_fewest_hours: str
    path_cheapest: str
    path_online: str
    path_already: str
    path_impossible: str
    no_skill: str
    no_level: str
    no_credits: str
    no_course: str
    no_time: str
    no_prerequisite: str
    no_session: str
    too_late: str
    past: str
    path_or_class: str
    path_nth: str
    circle: str
    # Credits.
    credits_none_loaded: str
    credits_total: str
    credits_no_ledger: str
    credits_empty: str
    credits_expired: str
    credits_target: str
    credits_missing: str
    credits_missing_at: str
    credits_reached: str
    credits_rule: str
    credits_sample: str
    credits_would: str
    credits_silent: str


_ZH = Sayings(
    lesson="课里有相关内容：《{}》",
    terms="课程介绍里提到：{}",
    card="课程介绍与您说的相近",
    occupation="{}要用到这门课教的：{}",
    occupation_named="这门课写明适合{}",
    audience="面向{}",
    start_low="等级 {}，可以从头学起",
    go_on="等级 {}，适合已有基础的人",
    go_deep="等级 {}，是相关课程里较深的",
    near_session="{}有班，{}开班",
    near_km="，约 {} 公里",
    no_date="日期未注明",
    step_free="无台阶",
    free="免费",
    price="费用 {} 元",
    online="可以在线学",
    followed="学完《{}》的人里，有 {} 人接着学了它",
    rated="{} 人评分，平均 {} 分（满分 5 分）",
    interest="与您常学的{}有关",
    fresh="{} 更新过",
    level="等级 {}",
    english="用英语授课",
    again="上次没有通过，可以再学一次",
    between="；",
    stop="。",
    way_open="已过期或班次已结束",
    way_finished="您已经学完",
    way_free="不是免费，或没有写明费用",
    way_price="超过预算，或没有写明费用",
    way_hours="学时太长，或没有写明学时",
    way_level="等级不符，或没有写明等级",
    way_credits="没有写明学分",
    way_begins="那个月没有写明要开的班",
    way_language="授课语言不符",
    way_delivery="授课方式不符，或没有写明",
    way_place="在那里没有班",
    way_step_free="没有写明无台阶",
    way_prerequisites="要先学别的课",
    way_excluded="您说不要",
    way_audience="写明面向成年人或青年，没有写面向孩子",
    in_the_way="内容相近、但不合条件的课：{}。",
    nothing_meets="没有一门课同时符合您说的全部条件。",
    closest_courses="最接近的是这几门，请看看合不合适：",
    no_such_course="目录里没有找到《{}》这门课。",
    may_suit="目录里没有找到写明就是讲这个的课程；最接近的是这几门，请看看合不合适：",
    nearest="最近的线下班：《{}》，{}，{}开班{}。",
    none_near="{}附近没有合适的线下班。",
    among_the_nearest="目录里最接近的课程之一",
    online_instead="这些可以在线学：",
    no_certificates="课程记录里没有写学完发不发证书，请向开课单位确认。",
    no_times="课程记录里没有写星期几、几点上课，请向开课单位确认；线上课可以自己安排时间。",
    nothing_on_conditions="目录里没有同时符合这些条件的课程。",
    in_the_way_of_any="不合条件的课：{}。",
    no_others="与您说的相符的课程，前面都列出来了，没有别的。可以换个条件再找，例如“线上的”“免费的”，或说说还想学什么。",
    counted="您的需要已经记下（不记姓名），供开课参考。",
    means="您说的像是“{}”。",
    taught="它要用的本领里，这里有课教的：{}。",
    had="您学过的：{}。",
    not_taught="这里还没有课教的：{}。您的需要已经记下，供开课参考。",
    sample_data="（示例数据，不是正式规定）",
    work="它的工作有：{}（{}）。",
    no_skills_named="它的记录没有写要哪些本领，所以说不出还缺什么；下面只是目录里与它相近的课。",
    title_low="课名说是入门的",
    title_high="课名说是后续或提高的",
    path_intro="去“{}”的路，一共 {} 步：",
    path_intro_plain="一共 {} 步：",
    path_no_diploma="目录里没有一门课写明能直接取得文凭；上面的课是为走那条路作准备。",
    path_step="{}. 《{}》",
    path_hours="{} 小时",
    path_credits="课程记录写明 {} 学分",
    path_level="等级 {}",
    path_session="{}面授",
    path_dates="{} 至 {}",
    path_done="已学完",
    path_again="上次没有通过，重学",
    path_total="合计 {} 小时。",
    path_total_credits="课程记录写明的学分合计 {}。",
    path_ends="按每周 {} 小时，从 {} 开始，大约 {} 学完。",
    path_days="学习日：{}。",
    path_no_hours="有 {} 门课没有写学时，没有算进去。",
    path_ask_hours="告诉我每周能学几小时，就能排出日期。",
    path_missing="这里还没有课教的：{}。",
    path_unofficial="以上按目录记录计算；学历、证书和学分认定的正式规定这里没有载入，请向广东开放大学或招生、人社部门查询。",
    path_alternatives="也可以这样走：",
    path_fewest_hours="学时最少",
    path_cheapest="花钱最少",
    path_online="全部在线",
    path_already="这条路上的课您都学完了。",
    path_impossible="这个目标现在走不通：",
    no_skill="没有课教“{}”",
    no_level="目录里没有等级 {} 的相关课程；相关课程最高到等级 {}",
    no_credits="相关课程的学分合计只有 {}，不到 {}",
    no_course="目录里没有与它相符的课程",
    no_time="到 {} 每周 {} 小时不够：一共要 {} 小时，至少每周 {} 小时",
    no_prerequisite="《{}》要先学 {}，目录里没有这门课，或它现在不能学",
    no_session="《{}》只有线下班，没有合适的班次",
    too_late="《{}》要到 {} 才学完，晚于 {}",
    past="您给的日子 {} 已经过了",
    path_or_class="日期按自学算；也可以参加线下班：{}",
    path_nth="第 {} 步",
    circle="这些课互为先修：{}",
    credits_none_loaded="这里没有载入学分规则，所以不能说还差多少、能换什么。请向广东终身教育学分银行（广东开放大学）查询。",
    credits_total="您的学分账户里有 {} 学分（{} 条记录）。",
    credits_no_ledger="这里没有登录，看不到您的学分账户。请登录后再问，或向广东终身教育学分银行（广东开放大学）查询。",
    credits_empty="您的学分账户里还没有记录。",
    credits_expired="另有 {} 学分已过有效期。",
    credits_target="“{}”要 {} 学分，已有 {}。",
    credits_missing="还差 {} 学分。",
    credits_missing_at="其中等级 {} 及以上还差 {} 学分。",
    credits_reached="学分已够。",
    credits_rule="依据：{}《{}》（{} 起施行）。",
    credits_sample="这是示例规则，不是正式规定。",
    credits_would="学完这些课，记录里会增加 {} 学分。",
    credits_silent="没有写明学分的：{}。",
)
_EN = Sayings(
    lesson="a lesson in it is on this: “{}”",
    terms="its description mentions {}",
    card="its description is close to what you said",
    occupation="{} need what it teaches: {}",
    occupation_named="its record names this occupation: {}",
    audience="made for {}",
    start_low="level {}, so you can begin from nothing",
    go_on="level {}, for those who know the basics",
    go_deep="level {}, among the deeper courses on this",
    near_session="a class in {} from {}",
    near_km=", about {} km away",
    no_date="no date stated",
    step_free="step-free",
    free="free of charge",
    price="price {} yuan",
    online="can be taken online",
    followed="{1} learners went on to it after “{0}”",
    rated="{} learners rate it {} out of 5",
    interest="related to {}, which you have studied",
    fresh="updated {}",
    level="level {}",
    english="taught in English",
    again="not passed last time; it can be taken again",
    between="; ",
    stop=".",
    way_open="past their date",
    way_finished="already finished by you",
    way_free="not free, or no price stated",
    way_price="over your budget, or no price stated",
    way_hours="too long, or no hours stated",
    way_level="another level, or none stated",
    way_credits="no credits stated",
    way_begins="no class stated to begin in that month",
    way_language="in another language",
    way_delivery="taught in another way, or not stated how",
    way_place="no class there",
    way_step_free="not stated to be step-free",
    way_prerequisites="need another course first",
    way_excluded="ruled out by you",
    way_audience="stated to be for others than children",
    in_the_way="Courses on this that do not meet your conditions: {}.",
    nothing_meets="No course meets all the conditions you named. ",
    closest_courses="These come closest; see whether one suits:",
    no_such_course="There is no course “{}” in the catalogue. ",
    may_suit="No course says that it is on this; these come closest, see whether one suits:",
    nearest="The nearest class in person: “{}” in {}, from {}{}. ",
    none_near="There is no suitable class near {}. ",
    among_the_nearest="among the nearest in the catalogue",
    online_instead="These can be taken online:",
    no_certificates="Records do not state whether a certificate is given: please ask the provider. ",
    no_times="Records do not state days of the week or hours: please ask the provider. Online courses fit any time. ",
    nothing_on_conditions="No course in the catalogue meets all of these conditions. ",
    in_the_way_of_any="Courses that do not meet them: {}.",
    no_others=(
        "All courses that fit were shown already, there are no others. Name another condition, such as online or free, "
        "or something else to learn. "
    ),
    counted="Your wish was counted (without your name), so that courses can be planned. ",
    means="That sounds like “{}”. ",
    taught="Of what it takes, there are courses on: {}. ",
    had="You have learned: {}. ",
    not_taught="No course here teaches yet: {}. Your wish was counted. ",
    sample_data="(Sample data, no official rule.) ",
    work="Its work: {} ({}). ",
    no_skills_named=(
        "Its record names no skills, so what is missing cannot be said; what follows is only near it in the catalogue. "
    ),
    title_low="its title says that it is for beginners",
    title_high="its title says that it goes on from another",
    path_intro="The way to “{}” (steps: {}):",
    path_intro_plain="The way there (steps: {}):",
    path_no_diploma=(
        "No record of a course says that it leads to a diploma by itself; these courses prepare for the way there. "
    ),
    path_step="{}. “{}”",
    path_hours="{} hours",
    path_credits="its record states {} credits",
    path_level="level {}",
    path_session="in person in {}",
    path_dates="{} to {}",
    path_done="finished",
    path_again="not passed last time, once more",
    path_total="{} hours in all. ",
    path_total_credits="The records state {} credits in all. ",
    path_ends="At {} hours a week from {}, you would finish about {}. ",
    path_days="Days: {}. ",
    path_no_hours="{} courses state no hours and are not counted. ",
    path_ask_hours="Tell me how many hours a week you have, and I can give dates. ",
    path_missing="No course here teaches yet: {}. ",
    path_unofficial=(
        "This is computed from catalogue records. No official rules on degrees, certificates or credits are loaded here; please "  # noqa: E501
        "ask the Open University of Guangdong or the admissions or human resources office. "
    ),
    path_alternatives="Other ways to go:",
    path_fewest_hours="fewest hours",
    path_cheapest="least money",
    path_online="all online",
    path_already="You have finished every course on this way. ",
    path_impossible="This goal cannot be reached now: ",
    no_skill="no course teaches “{}”",
    no_level="no course on this at level {}; the highest is level {}",
    no_credits="the courses on this have {} credits together, not {}",
    no_course="no course in the catalogue fits it",
    no_time="until {} at {} hours a week is not enough: {} hours are needed, at least {} a week",
    no_prerequisite="“{}” needs {} first, which is not in the catalogue or cannot be taken now",
    no_session="“{}” is held in person only, and no session fits",
    too_late="“{}” ends on {}, after {}",
    past="the day you gave, {}, has passed",
    path_or_class="dates are for learning by yourself; or join {}",
    path_nth="step {}",
    circle="these courses require each other: {}",
    credits_none_loaded=(
        "No credit rules are loaded here, so it cannot be said how much is missing or what credits are good for. Please ask the "  # noqa: E501
        "Guangdong Academic Credit Bank (Open University of Guangdong). "
    ),
    credits_total="Your credit account holds {} credits ({} entries). ",
    credits_no_ledger=(
        "You are not signed in, so your credit account cannot be seen. Sign in, or ask the Guangdong Academic Credit "
        "Bank (Open University of Guangdong). "
    ),
    credits_empty="Your credit account has no entries yet. ",
    credits_expired="{} more credits are past their time. ",
    credits_target="“{}” takes {} credits; you have {}. ",
    credits_missing="{} credits are missing. ",
    credits_missing_at="Of these {1} must be at level {0} or above. ",
    credits_reached="The credits suffice. ",
    credits_rule="By {} of {} (in force from {}). ",
    credits_sample="This is a sample rule, not an official one. ",
    credits_would="These courses would add {} credits by their records. ",
    credits_silent="No credits are stated for: {}. ",
)

# The catalogue's words for whom a course is for.
_AUDIENCES = {
    "courier": ("快递员和骑手", "couriers and riders"),
    "senior": ("长者", "seniors"),
    "farmer": ("农民", "farmers"),
    "child": ("孩子", "children"),
    "parent": ("家长", "parents"),
    "worker": ("工人", "workers"),
    "youth": ("青年", "young people"),
    "migrant": ("来粤人员", "newcomers"),
    "teacher": ("教师和社区工作者", "teachers and community workers"),
}


@cache
def sayings(locale: Locale) -> Sayings:
    """What is said in a locale."""
    return in_locale(locale, _ZH, _EN)


def audience_named(audience: str, locale: Locale) -> str:
    """Whom a catalogue's word means; the word itself where it is an operator's own."""
    return in_locale(locale, *_AUDIENCES.get(audience, (audience, audience)))
