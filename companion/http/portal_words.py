"""What the portal's pages say, in their languages."""

from dataclasses import dataclass
from functools import cache

from companion.words import Locale, in_locale


@dataclass(frozen=True, slots=True)
class PortalWords:
    """The words of the pages; `{}` is filled."""

    site: str
    tagline: str
    skip: str
    search: str
    search_for: str
    all_courses: str
    total: str
    none_found: str
    ask_instead: str
    did_you_mean: str
    filters: str
    take_away: str
    page_of: str
    previous: str
    following: str
    initiative: str
    audience: str
    level: str
    level_of: str
    delivery: str
    city: str
    language: str
    provider: str
    hours: str
    credits: str
    price: str
    free: str
    skills: str
    before: str
    sessions: str
    start: str
    place: str
    seats: str
    step_free: str
    steps: str
    lessons: str
    no_lessons: str
    valid_until: str
    updated: str
    licence: str
    original: str
    unknown: str
    sample: str
    sample_note: str
    everyone: str
    delivery_online: str
    delivery_offline: str
    delivery_blended: str
    missing: str
    missing_how: str
    not_ready: str
    not_ready_how: str
    home: str
    ask_course: str
    ask_lesson: str
    contents: str


_ZH = PortalWords(
    site="学习门户",
    tagline="不知道在哪学、学什么、内容新不新、学了算不算？问一问就知道。",
    skip="跳到正文",
    search="搜索",
    search_for="想学什么？",
    all_courses="全部课程",
    total="共 {} 门课程",
    none_found="没有找到这样的课程。",
    ask_instead="换个说法，去掉一个条件，或者直接问右下角的学习助手。",
    did_you_mean="您是不是要找：",
    filters="筛选",
    take_away="去掉",
    page_of="第 {} 页，共 {} 页",
    previous="上一页",
    following="下一页",
    initiative="行动",
    audience="适合",
    level="级别",
    level_of="{} 级",
    delivery="方式",
    city="地点",
    language="语言",
    provider="机构",
    hours="学时",
    credits="学分",
    price="费用",
    free="免费",
    skills="学会什么",
    before="先学",
    sessions="面授班次",
    start="开课",
    place="地点",
    seats="名额",
    step_free="无障碍通行",
    steps="有台阶",
    lessons="课程内容",
    no_lessons="这门课只有目录信息，内容在机构那里。",
    valid_until="有效期至",
    updated="更新日期",
    licence="许可",
    original="机构的页面",
    unknown="未注明",
    sample="示例数据",
    sample_note="本页的课程、机构、时间和地点都是示例，不是真实信息。",
    everyone="所有人",
    delivery_online="线上",
    delivery_offline="线下",
    delivery_blended="线上线下结合",
    missing="没有这一页",
    missing_how="它可能已经下架或改了地址。回到全部课程找一找。",
    not_ready="课程目录还没有准备好",
    not_ready_how="请过几分钟再打开这一页。一直这样，请告诉网站的管理员，下面这句话对他有用：",
    home="首页",
    ask_course="问这门课",
    ask_lesson="问这一课",
    contents="课程目录",
)
_EN = PortalWords(
    site="Learning portal",
    tagline="Not sure where to learn, what to learn, whether it is up to date, whether it counts? Just ask.",
    skip="Skip to content",
    search="Search",
    search_for="Search courses",
    all_courses="All courses",
    total="{} courses",
    none_found="There is no such course.",
    ask_instead="Put it differently, take a filter away, or ask the study aid at the bottom right.",
    did_you_mean="Did you mean: ",
    filters="Filters",
    take_away="take away",
    page_of="Page {} of {}",
    previous="Previous",
    following="Next",
    initiative="Initiative",
    audience="For",
    level="Level",
    level_of="level {}",
    delivery="Format",
    city="Place",
    language="Language",
    provider="Provider",
    hours="Hours",
    credits="Credits",
    price="Fee",
    free="free",
    skills="You will learn",
    before="Learn first",
    sessions="Sessions in person",
    start="Begins",
    place="Place",
    seats="Seats",
    step_free="step-free",
    steps="not step-free",
    lessons="Lessons",
    no_lessons="Only the record of this course is here; its lessons are with the provider.",
    valid_until="Valid until",
    updated="Updated",
    licence="Licence",
    original="The provider's page",
    unknown="not stated",
    sample="sample data",
    sample_note="The courses, providers, dates and places on this page are samples, not real.",
    everyone="everyone",
    delivery_online="online",
    delivery_offline="in person",
    delivery_blended="blended",
    missing="There is no such page",
    missing_how="It may have been taken down or moved. Look among all courses.",
    not_ready="The catalogue is not ready yet",
    not_ready_how="Please open this page again in some minutes. If it stays so, tell whoever runs the site this:",
    home="Home",
    ask_course="Ask about this course",
    ask_lesson="Ask about this lesson",
    contents="Contents",
)
_INITIATIVES = {
    "ideology": ("思想引领", "Ideas and values"),
    "academic": ("学历提升", "Academic advancement"),
    "skills": ("技能成才", "Skills"),
    "culture": ("文化艺术", "Culture and arts"),
    "key_groups": ("重点群体", "Key groups"),
    "network": ("城乡学习网络", "Learning network"),
}
_LANGUAGES = {
    "zh-Hans": ("简体中文", "Simplified Chinese"),
    "zh-Hant": ("繁体中文", "Traditional Chinese"),
    "en": ("英语", "English"),
}


@cache
def portal_words(locale: Locale) -> PortalWords:
    """The words of a locale."""
    return in_locale(locale, _ZH, _EN)


def initiative_named(initiative: str, locale: Locale) -> str:
    """One of the six initiatives; an operator's own word stays."""
    return in_locale(locale, *_INITIATIVES.get(initiative, (initiative, initiative)))


def language_named(language: str, locale: Locale) -> str:
    """A language by its tag; a tag that has no name here stays."""
    return in_locale(locale, *_LANGUAGES.get(language, (language, language)))
