"""The fixed sentences the companion says itself, in the learner's language and script."""

import re
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any, Literal, TypeVar, cast

import opencc

from companion.patterns import for_normalised
from course_index.analyze import normalise
from course_index.course import Course, Price
from course_index.language import EN, language_of

Locale = Literal["zh-Hans", "zh-Hant", "en"]
_Said = TypeVar("_Said", bound=Any)


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence a situation; `{}` slots are filled by the turn."""

    language: str
    quoted: str
    continued: str
    rest_quoted: str
    nothing_answers: str
    may_help: str
    nothing_at_all: str
    courses_found: str
    courses_beside: str
    no_course_found: str
    reason_passage: str
    greeting: str
    abilities: str
    about: str
    operated_by: str
    operator_unknown: str
    hotline: str
    thanks: str
    ask_on: str
    feedback: str
    goodbye: str
    rest: str
    empty: str
    ai_notice: str
    more: str
    next_step: str
    no_more: str
    more_of_what: str
    nothing_told: str
    fraud_care: str
    closest: str
    not_in_lesson: str
    taken_for: str
    not_in_course: str
    no_pathways: str
    official: str
    course_speaks: str
    only_an_aid: str
    while_waiting: str
    lesson_goes_on: str
    despair_again: str
    despair_heard: str
    despair_kept: str
    record_says: str
    course_lessons: str
    complaint: str
    own_data: str
    practise_what: str
    practise_nothing: str
    practise_intro: str
    practise_how: str
    practise_score: str
    hint_what: str
    plan_what: str
    plan_which: str
    plan_no_lessons: str
    plan_hours: str
    plan_intro: str
    plan_same: str
    plan_again: str
    plan_whole: str
    plan_part: str
    plan_unknown: str
    plan_together: str
    plan_later: str
    plan_late: str
    plan_past: str
    plan_week: str
    plan_week_hours: str
    plan_review: str
    plan_days: str
    plan_day_between: str
    plan_day_names: str  # from Monday on, with blanks between
    reset: str
    reason_record: str
    fact_level: str
    fact_credits: str
    fact_hours: str
    fact_offering: str
    fact_no_date: str
    fact_price: str
    fact_free: str
    fact_updated: str
    before: str
    learner: str
    aid: str

    def facts(self, course: Course) -> str:
        """What the record of a course states, with its date; empty for no level, credits, price and sessions."""
        stated = [
            self.fact_level.format(course.level) if course.level is not None else "",
            self.fact_credits.format(f"{course.credits:g}") if course.credits is not None else "",
            self._price(course.price) if course.price else "",
        ]
        stated += [
            self.fact_offering.format(place, offering.start.isoformat() if offering.start else self.fact_no_date)
            for offering in course.offerings
            if (place := "".join(filter(None, (offering.city, offering.district, offering.town))))
        ]
        if not any(stated):
            return ""
        stated.append(self.fact_hours.format(f"{course.hours:g}") if course.hours is not None else "")
        stated.append(self.fact_updated.format(course.updated_at.isoformat()) if course.updated_at else "")
        return (
            "、".join(fact for fact in stated if fact)
            if self.language != "English"
            else ", ".join(filter(None, stated))
        )

    def _price(self, price: Price) -> str:
        if not price.amount:
            return self.fact_free
        currency = "元" if price.currency == "CNY" and self.language != "English" else price.currency
        return self.fact_price.format(f"{price.amount:g}", currency)


_ZH = Words(
    language="简体中文",
    quoted="课程里是这样写的：",
    continued="AI 没有写完，下面是课程原文：",
    rest_quoted="其余请看课程原文：",
    nothing_answers="已收录的课程内容里，没有找到能回答这个问题的段落。",
    may_help="下面的课程与它有关，也许能帮上忙：",
    nothing_at_all="目录里也没有与它相近的课程。可以换个说法再问，或向当地社区学院、学习点咨询。",
    courses_found="目录里有这些课程与您说的相符：",
    courses_beside="想系统学，可以看这些课程：",
    no_course_found="目录里没有找到与您说的相符的课程。",
    reason_passage="课里有相关内容：《{lesson}》",
    greeting="您好，我是学习助手。可以问我课程里的知识，也可以让我帮您找课程；答案都注明出处，没有的内容我会直说。",
    abilities=(
        "我能做这些，您这样说就行：\n\n"
        "- 答课程里讲到的问题，注明出处，没讲到的直说。\n"
        "- 找课程：“有什么适合我的免费课”“我在佛山，晚上有什么课”。\n"
        "- 说清一步步该学什么：“我想当电工，要学什么”。\n"
        "- 排学习计划：“每周能学三小时，帮我排个计划”。\n"
        "- 出题练习，答错了告诉您错在哪里：“考考我”。\n"
        "- 只给提示，不说答案：“给点提示”。\n\n"
        "学分、等级和收费，我只说课程记录里写明的。"
    ),
    about="我是自动回答的学习助手（人工智能），不是真人。{operator}可以问我课程里的知识，也可以让我帮您找课程；没有的内容我会直说。",
    operated_by="这里由{}运营。",
    operator_unknown="由哪个单位运营，我这里没有登记，请看您打开它的页面。",
    hotline="服务电话：{}。",
    thanks="不客气。还想学什么，可以接着问。",
    ask_on="好的。还想学什么，可以接着问。",
    feedback="谢谢您告诉我。这一条会记下来，供改进用。想换个说法再问，或只看课程原文，也可以直接说。",
    rest="您已经连续学习两个小时了，起来活动一下，看看远处，休息好了再继续。",
    goodbye="好的，这次就到这里。之前问过的内容可以随时删除。",
    empty="请输入想问的问题，或想学的内容。",
    ai_notice="内容由 AI 生成",
    more="（后面还有，回复“更多”接着看。）",
    next_step="（做完这一步，回复“下一步”。）",
    no_more="前面的回答已经完整了，没有更多内容。",
    more_of_what="您想了解哪方面的内容？请说得具体一点，例如一个问题、一门课，或想学的东西。",
    nothing_told="这次对话里还没有可以重复的回答。请告诉我您想问什么。",
    fraud_care="提醒：验证码和密码不告诉任何人；要转账，先和家人商量，拿不准就打反诈专线 {hotline}。",
    closest="最接近的一段这样写，它可能没有直接回答您的问题：",
    not_in_lesson="这一课里没有讲到，下面的内容来自同一课程的其他课：",
    taken_for="您问的应该是“{meant}”，按这个来找：",
    not_in_course="这门课里没有讲到，下面的内容来自别的课程：",
    no_pathways="这里还没有载入正式的学习路径和学历、证书规定，办理条件请向广东开放大学或当地招生、人社部门查询。",
    only_an_aid="我只是学习助手，不能代替急救人员和警察。等平安了，想学怎样应对，可以再问我。",
    while_waiting="等人来的时候可以看：《{lesson}》里的“{place}”，点出处就能打开。",
    lesson_goes_on="这一课接着讲：",
    despair_again=(
        "您说的我看到了，这件事现在最要紧。请马上做一件事：拨打 {hotline}，"
        "或者把这句话给身边的人看。手边有可能伤到自己的东西，请先交给别人，或放到拿不到的地方。"
        "有人身危险时拨打 120 或 110。"
    ),
    despair_heard=(
        "您刚才说的话，我没有当没看见。我是学习助手，陪不了您，这点得说实话；可您不用一个人扛着："
        "{hotline} 有人听您说，也可以现在就给一个信得过的人打电话。"
    ),
    despair_kept="还有，您刚才说的话我没有忘：难受的时候，请拨打 {hotline}，或找一个信得过的人说说。",
    course_speaks="课程里有一段讲到这件事，只供参考，不是正式规定：",
    official="学分、等级、收费和报名的正式规定，这里没有载入，请向广东终身教育学分银行（广东开放大学）或招生、教育主管部门查询。",
    record_says="目录里《{title}》的记录：{facts}。",
    course_lessons="这门课有 {} 课：",
    complaint="要投诉、举报或申诉，请打开学习助手的“更多”或“设置”，进“投诉与举报”写下经过：会有编号和最迟答复的日期。{hotline}",
    own_data="您的对话和数据由您做主：请打开学习助手的“更多”或“设置”，可以看以前的对话、导出或清除您的数据。",
    practise_what="想练哪一课？请说出课程或主题，例如“考考我触电急救”。",
    practise_nothing="这部分内容里没有适合出题的句子，可以换一课试试。",
    practise_intro="根据课程内容出了 {count} 道题：",
    practise_how="请按题号作答，例如：1. 三十日 2. 对",
    practise_score="答对 {right} 题，共 {count} 题。",
    hint_what="想要哪道题的提示？请把题目或问题发给我。",
    plan_what="想按哪门课安排？请说出课程或主题，以及每周能学几小时。",
    plan_no_lessons="这门课的课时没有收录，排不出每周学什么。怎样安排，请看课程页或问开课机构。",
    plan_which="目录里没有明显讲这个的课程，最接近的是这些。要按哪一门安排，请说出它的名字。",
    plan_hours="每周大约能学几小时？例如“每周 3 小时”或“每天半小时”。",
    plan_intro="《{title}》{whole}按每周 {hours} 小时安排，共 {weeks} 周，最后一周总复习。",
    plan_same="计划没有变，还是每周 {hours} 小时。时间有变，请告诉我现在每周一共能学几小时，例如“每周两小时”。",
    plan_again="落下了不要紧：计划从今天重新排起，学过的课时可以跳过，不用一次补完。",
    plan_whole="一共 {} 小时，",
    plan_part="只排了您说的那部分：全部 {all} 课里的 {lessons} 课；要排整门，请说“整门课都排”。",
    plan_together="这门课的记录没有写学时，所以按您给的日子平均分，不写小时。",
    plan_later="\n后面还有，一直到第 {weeks} 周；想看哪一周，可以问“第 {example} 周学什么”。太长可以说只学哪部分。\n",
    plan_unknown="这门课的记录没有写学时，所以只按每周一课排，不写小时。",
    plan_late="这样排会比 {until} 晚 {weeks} 周；要赶上，每周得多学一些，或先学一部分。",
    plan_past="{until} 已经过了，所以没有按它来排。",
    plan_week="第 {week} 周（{dates}{hours}）：{what}",
    plan_week_hours="，{} 小时",
    plan_review="总复习，做一次练习",
    plan_days="学习日：{days}，每次约 {minutes} 分钟。",
    plan_day_between="、",
    plan_day_names="周一 周二 周三 周四 周五 周六 周日",
    reset="好的，我们换个话题。",
    reason_record="您问的是这门课",
    fact_level="等级 {}",
    fact_credits="学分 {}",
    fact_hours="{} 学时",
    fact_offering="{}（{} 开班）",
    fact_no_date="日期未注明",
    fact_price="费用 {} {}",
    fact_free="免费",
    fact_updated="更新于 {}",
    before="此前的对话概括：",
    learner="学习者：",
    aid="学习助手：",
)
_EN = Words(
    language="English",
    quoted="The course content says:",
    continued="The AI did not finish; the course content says:",
    rest_quoted="For the rest, the course content says:",
    nothing_answers="No passage in the indexed course content answers this. ",
    may_help="These courses are on related subjects and may help:",
    nothing_at_all=(
        "No course in the catalogue is close to it either. "
        "Try other words, or ask a community college or learning point near you."
    ),
    courses_found="These courses in the catalogue fit what you asked for:",
    courses_beside="To learn more of it, these courses may help:",
    no_course_found="No course in the catalogue fits what you asked for. ",
    reason_passage="A lesson in it is on this: “{lesson}”",
    greeting=(
        "Hello, I am a study aid. Ask me about what the courses teach, or let me find a course; "
        "answers name their sources, and I say so when there is none."
    ),
    abilities=(
        "This is what I can do; just say it so:\n\n"
        "- Answer questions on what the courses teach, with sources, and say so when they do not.\n"
        "- Find courses: “free courses for me”, “evening courses in Foshan”.\n"
        "- Tell what to learn, step by step: “I want to be an electrician, what must I learn”.\n"
        "- Make a study plan: “I have three hours a week, make me a plan”.\n"
        "- Set questions, and say what was wrong: “quiz me”.\n"
        "- Give a hint and not the answer: “give me a hint”.\n\n"
        "Of credits, levels and fees I only say what a course record states."
    ),
    about="I am a study aid that answers by itself (artificial intelligence), not a person. {operator}"
    "Ask me about what the courses teach, or let me find a course; what I do not have, I say so.",
    operated_by="This service is run by {}. ",
    operator_unknown="Who runs it is not on record here; please see the page on which you opened it. ",
    hotline="Service telephone: {}. ",
    thanks="You are welcome. Ask on whenever you like.",
    ask_on="All right. Ask on whenever you like.",
    feedback=(
        "Thank you for telling me. It is noted for improving the service. "
        "You can ask in other words, or ask to see only what the course says."
    ),
    rest="You have been learning for two hours without a pause. Get up and look into the distance for a while.",
    goodbye="All right, that is all for now. What you asked can be deleted at any time.",
    empty="Please type a question, or what you would like to learn.",
    ai_notice="AI-generated content",
    more="(There is more: reply “more”.)",
    next_step="(When this step is done, reply “next”.)",
    no_more="The answer above is complete; there is no more of it.",
    more_of_what="More of what? Please say what you would like to know: a question, a course, or something to learn.",
    nothing_told="Nothing was said in this conversation yet that could be repeated. What would you like to know?",
    fraud_care=(
        "A reminder: give codes and passwords to nobody, talk to your family before you transfer money, "
        "and when in doubt call the anti-fraud line {hotline}."
    ),
    closest="The closest passage says the following, which may not answer your question directly:",
    not_in_lesson="This lesson does not say; the following is from other lessons of the course:",
    taken_for="Taking your question to be “{meant}”:",
    not_in_course="This course does not say; the following is from other courses:",
    no_pathways=(
        "No official pathways, degree or certificate rules are loaded here. Please ask the Open University of Guangdong "  # noqa: E501
        "or the local admissions or human resources office for the conditions."
    ),
    only_an_aid=(
        "I am only a study aid and cannot stand in for rescuers or the police. Once all is safe, "
        "ask me how to deal with such things."
    ),
    while_waiting="While you wait for help, look at “{place}” in {lesson}; the source opens it.",
    lesson_goes_on="The lesson goes on:",
    despair_again=(
        "I read what you wrote, and nothing matters more now. Please do one thing at once: call {hotline}, "
        "or show these words to somebody near you. Give away whatever could hurt you, "
        "or put it out of reach. In immediate danger call 120 or 110."
    ),
    despair_heard=(
        "I have not passed over what you said. I am a study aid and cannot keep you company, "
        "and will not pretend to; but you need not bear it alone: people at {hotline} will listen, "
        "and you can call somebody you trust right now."
    ),
    despair_kept=(
        "And I have not forgotten what you said: when it is hard, call {hotline}, or talk to somebody you trust."
    ),
    course_speaks="A course speaks of it. This is for orientation only and no official rule:",
    official=(
        "No official rules on credits, levels, fees or enrolment are loaded here. Please ask the Guangdong Academic "
        "Credit Bank (Open University of Guangdong) or the admissions office."
    ),
    record_says="The catalogue record of “{title}” says: {facts}.",
    course_lessons="It has {} lessons:",
    complaint="To complain, report or appeal, open “More” or “Settings” of the study aid and write it down there: you get a "  # noqa: E501
    "ticket and the date by which you are answered. {hotline}",
    own_data="Your conversations and data are yours: open “More” or “Settings” of the study aid to see earlier "
    "conversations, and to export or erase your data.",
    practise_what="What shall we practise? Name a course or a subject, such as “quiz me on electric shock first aid”.",
    practise_nothing="Nothing in this part can be made into questions; try another lesson.",
    practise_intro="{count} questions from the course content:",
    practise_how="Answer by number, for example: 1. thirty days 2. true",
    practise_score="{right} of {count} are right.",
    hint_what="A hint for which question? Please send me the question.",
    plan_what="A plan for which course? Name a course or a subject, and how many hours a week you have.",
    plan_no_lessons="The lessons of this course are not in the index, so no weeks can be planned. "
    "Please see its page or ask the provider.",
    plan_which="No course is clearly on that; these come closest. Tell me by its name which one the plan is to be for.",
    plan_hours="About how many hours a week do you have? For example “3 hours a week”.",
    plan_intro="“{title}”{whole} at {hours} hours a week takes {weeks} weeks, the last one for going over all of it. ",
    plan_same="The plan is as it was, at {hours} hours a week. If that has changed, tell me how many hours a week you "
    "have now, for example “2 hours a week”. ",
    plan_again="Having missed some does no harm: the plan begins anew today. Skip what you have done; there is no need "
    "to catch up all at once. ",
    plan_whole=", {} hours in all,",
    plan_part="Only the part that you named is planned: {lessons} of its {all} lessons. For all of it, say “plan the "
    "whole course”. ",
    plan_together="Its record gives no hours, so the lessons are shared out evenly up to the day you gave. ",
    plan_later="\nIt goes on up to week {weeks}; to see one, ask “what is in week {example}”. If that is too long, "
    "name the part that you want to learn.\n",
    plan_unknown="Its record gives no hours, so there is one lesson a week and no hours are stated. ",
    plan_late="That is {weeks} weeks later than {until}; to be in time, study more a week or begin with a part. ",
    plan_past="{until} has passed, so the plan does not go by it. ",
    plan_week="Week {week} ({dates}{hours}): {what}",
    plan_week_hours=", {} hours",
    plan_review="Go over everything, and practise",
    plan_days="Days: {days}, about {minutes} minutes each. ",
    plan_day_between=", ",
    plan_day_names="Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    reset="All right, another subject then.",
    reason_record="This is the course you asked about",
    fact_level="level {}",
    fact_credits="{} credits",
    fact_hours="{} hours",
    fact_offering="{} (from {})",
    fact_no_date="date not stated",
    fact_price="price {} {}",
    fact_free="free of charge",
    fact_updated="updated {}",
    before="Before this: ",
    learner="Learner: ",
    aid="Study aid: ",
)
# What a model says when it finds no answer in the passages.
_NO_ANSWER = for_normalised(
    r"(?:段落|原文|资料|课程内容|文中|文本|上述内容|提供的内容|课程)(?:里|中|内)?(?:并)?(?:没有|未|无)(?:[^，。]{0,12})(?:答案|提到|提及|说明|相关|回答|涉及|包含|找到|提供)"
    r"|没有(?:找到|提供)?(?:相关的?)?(?:答案|信息|内容)|无法(?:回答|确定|从[^，。]{0,10}得)"
    r"|\b(?:no answer|does not (?:say|answer|mention|provide|contain)|do not (?:say|answer|mention|provide|contain)"
    r"|not (?:mentioned|stated|provided) in|cannot (?:answer|be answered))\b"
)


def says_no_answer(sentence: str) -> bool:
    """Whether a model says that it has found no answer."""
    return bool(_NO_ANSWER.search(normalise(sentence)))


# What is answered to a choice, and said everywhere.
_ONE_OF_MANY = re.compile(
    r"(?<![\d.,])1 (?P<thing>hours|credits|weeks|questions|courses|learners|minutes|entries)\b(?P<verb> (?:are|state|rate))?"  # noqa: E501
)
_IN_ANY_LANGUAGE = re.compile(r"(?:\b(?:[A-Ha-h]|[A-H]{2,6}|[Oo][Kk])\b|[\W\d_])+")


@cache
def words(locale: Locale) -> Words:
    """The sentences for a locale."""
    return in_locale(locale, _ZH, _EN)


class _Counting(str):
    """An English phrase that, filled, says 1 hour and not 1 hours."""

    __slots__ = ()

    def format(self, *args: object, **kwargs: object) -> str:
        """The phrase filled."""
        return _ONE_OF_MANY.sub(_as_one, super().format(*args, **kwargs))


def _as_one(found: re.Match[str]) -> str:
    thing = "entry" if found["thing"] == "entries" else found["thing"].removesuffix("s")
    verb = found["verb"] or ""
    return f"1 {thing}{' is' if verb == ' are' else f'{verb}s' if verb else ''}"


def in_locale(locale: Locale, chinese: _Said, english: _Said) -> _Said:
    """One of two wordings, or the Chinese one in traditional script: of a text, or of every field of a dataclass."""
    if locale == "en":
        if isinstance(english, str):
            return english
        return replace(english, **{one.name: _Counting(getattr(english, one.name)) for one in fields(english)})
    if locale == "zh-Hans":
        return chinese
    if isinstance(chinese, str):
        return cast("_Said", to_traditional(chinese))
    return replace(chinese, **{one.name: to_traditional(getattr(chinese, one.name)) for one in fields(chinese)})


def locale_of(message: str, preferred: str | None) -> Locale:
    """The language and script of the message; where it does not tell (二胡, 123, 唔該晒), the preferred one."""
    message = message.encode("utf-8", "replace").decode("utf-8")
    letters = any(character.isalpha() for character in message) and not _IN_ANY_LANGUAGE.fullmatch(message)
    if letters and language_of(message) == EN:
        return "en"
    if letters:
        traditional = _changed(message, _to_simplified().convert(message))
        simplified = _changed(message, to_traditional(message))
        # Both, where a character such as 游 is written in either script, or 晒 in Cantonese alone.
        if traditional != simplified or (traditional and _nearest(preferred) == "en"):
            return "zh-Hant" if traditional > simplified else "zh-Hans"
    return _nearest(preferred)


def _changed(text: str, converted: str) -> int:
    """How many characters a conversion of script changed, which tells how many were not of that script."""
    return sum(before != after for before, after in zip(text, converted, strict=False))


def _nearest(preferred: str | None) -> Locale:
    tag = (preferred or "").lower()
    if tag.startswith("en"):
        return "en"
    return "zh-Hant" if tag.startswith(("zh-hant", "zh-hk", "zh-tw", "zh-mo", "yue")) else "zh-Hans"


def to_traditional(text: str) -> str:
    """Simplified Chinese in traditional script, Hong Kong's forms."""
    return str(_to_hong_kong().convert(text))


@cache
def _to_hong_kong() -> opencc.OpenCC:
    return opencc.OpenCC("s2hk")


@cache
def _to_simplified() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")
