"""What a course must be, and what would suit: read from a message, told by a profile, or asked for by a page."""

import re
from dataclasses import dataclass, field, replace

from companion.guidance.places import Place, names_of_places, place_in
from companion.guidance.profile import Profile, Standing
from companion.guidance.whom import age_in, audience_of, whom
from companion.quantities import MONTH, month_number, quantities
from course_index.analyze import normalise
from course_index.course import Delivery
from course_index.language import language_of

_FREE = re.compile(
    r"免费|不(?:要|用|需要?|想|能|许|准|愿意?|肯)?(?:花|收|交|出|要)(?:一分)?(?:钱|费)|唔(?:使|洗|要|想|好)?(?:畀|俾|收|使)?钱|不收(?:费|钱)|冇钱|没(?:有)?钱|零元|一(?:分|毛|块|元|蚊)(?:钱)?(?:学费)?[都也](?:不|唔|没)|\b(?:free of charge|for free|free (?:course|class|lesson)s?|no (?:fee|cost|charge)|can't afford|without paying)\b"
)
_FREE_ENGLISH = re.compile(r"\bfree\b(?! time| on\b| in\b| at\b| day| afternoon| morning| evening| weekend| after)")
_NOT_FREE = re.compile(r"(?:不一定|不用|收费也|付费也|要钱也|贵一?点也)[^，。]{0,4}(?:免费|行|可以|得|冇问题)|自由")
_PRICE = re.compile(
    r"(?:不(?:要)?(?:超过|高于|到)|别超过|低于|少于|最多|顶多|唔(?:好)?(?:过|超过)|预算(?:是|有|只有)?|under|below|less than|at most|up to|no more than|within)\s*(?:¥|￥|rmb|cny)?\s*(?P<a>[\d一二两三四五六七八九十百千]+)\s*(?:元|块|蚊|rmb|yuan|cny)?"
    r"|(?P<b>[\d一二两三四五六七八九十百千]+)\s*(?:元|块钱?|蚊|yuan|rmb)\s*(?:钱)?\s*(?:以内|之内|以下|内|封顶)"
)
_MONEY = re.compile(r"元|块|蚊|rmb|yuan|cny|¥|￥|钱|价|费|pay|cost|price|fee")
_HOURS = re.compile(
    r"(?:不(?:要)?超过|别超过|最多|少于|低于|唔(?:好)?(?:过|超过)|under|within|at most|less than|up to|no more than)\s*(?P<a>[\d一二两三四五六七八九十]+)\s*个?(?:小时|钟头?|学时|课时|hours?)(?!\s*(?:a|per|each)\s)"
    r"|(?<!每天)(?<!每周)(?<!每星期)(?P<b>[\d一二两三四五六七八九十]+)\s*个?(?:小时|钟头?|学时|课时)\s*(?:以内|之内|以下|内|就能|能学完|学完|搞掂|搞定)"
)
_ONLINE = re.compile(
    r"网课|网上(?!卖|开店|推广|销售|买|骗)|上网(?=学|上)|线上|在线|远程|在家(?:里)?(?:就能|学|上)|(?:喺|响)屋企(?:学|上|就)|手机上?(?:就能|学|上课)|不(?:想|能|方便|用|需要)出门|唔(?:想|使|得闲)出门|\b(?:online|remote(?:ly)?|from home|at home)\b"
)
_OFFLINE = re.compile(
    r"线下|面授|现场(?:教|上|学|班)|当面|面对面|手把手|实操|实训|有(?:真人|老师)(?:教|带)|见(?:到|得到)老师|到场|去(?:现场|教室)|落堂|\b(?:in[- ]person|face[- ]to[- ]face|offline|on[- ]site|classroom|hands[- ]on)\b"
)
_NEAR = re.compile(
    r"附近|家门口|就近|离(?:我|家)[^，。]{0,3}近|屋企附近|近(?:一)?(?:点|啲)|周边|\b(?:near|nearby|close to|nearest|around here)\b"
)
_NOT = re.compile(
    r"(?:不(?:要|想要?|喜欢|用|是)|别|唔(?:要|想|钟意|系)|除了|非|\bnot?\b|\bdon't want\b|\brather than\b)[^，。,]{0,6}$"
)
_STEP_FREE = re.compile(
    r"轮椅|无障碍|腿脚?(?:不|唔)(?:太)?(?:方便|便|好|得|灵)|走不(?:了|动)|行(?:路)?(?:唔|不)(?:方便|便|到|郁)|(?:上|爬|行)(?:不了|唔到|唔郁)(?:楼|台阶|楼梯)|没有?台阶|冇楼梯|拄拐|\b(?:wheelchair|step[- ]free|accessible|can't (?:climb|walk)|no stairs)\b"
)
_IN_ENGLISH = re.compile(
    r"(?:英文|英语)(?:授课|讲课?|上课|教的|的课|课程(?!表))|用英(?:文|语)|\b(?:in|taught in) english\b|\benglish[- ]language\b"
)
_IN_CHINESE = re.compile(
    r"(?:中文|普通话|国语)(?:授课|讲课?|上课|教的|的课)|用(?:中文|普通话)(?:讲|教|上)|\b(?:in|taught in) (?:chinese|mandarin)\b"
)
# 英语四级 is an exam, 有三级的课 a level.
_LEVEL = re.compile(
    r"(?:等级|level)\s*(?P<a>[1-7一二三四五六七])(?!\d)"
    r"|(?:(?<=[有找学荐的是第上])|(?<![\u3400-\u9fff]))(?P<b>[1-7一二三四五六七])\s*级(?!以上|别|联|台)(?=[^，。]{0,3}(?:课|班|的|以下|水平)|$)"
)
_WITH_CREDITS = re.compile(
    r"(?:带|有|给|算|能拿到?|可以?拿到?|可获得?|拿得到)学分(?!银行|制|互认)的?|\b(?:with|for|that gives?|that carry|carrying) credits?\b|\bcredit[- ]bearing\b"
)
_BEGINS = re.compile(
    r"(?<![\d年])(?P<a>1[0-2]|[1-9]|十[一二]?|[一二三四五六七八九])月份?(?:[初中底里内])?(?:能|可以?)?(?:开(?:班|课|学|始)?|上课?)的?"
    rf"|\b(?:(?:starting|starts|start|beginning|begin|begins)(?: in)?|in) (?P<b>{MONTH})\b"
)
_SHORT = re.compile(
    r"(?:短期|时间短|学时(?:短|少))(?:一?[点些啲])?的?|短(?:一?[点些]|啲)的?|\b(?:short|shorter|quick)(?=(?: free| online)? (?:courses?|class(?:es)?|ones?)\b)"
)
# What somebody calls short that says no number: a day's work.
_SHORT_HOURS = 8.0
_CHEAP = re.compile(
    r"便宜(?:一?[点些]|啲)?的?|平(?:啲|价)嘅?|实惠(?:一?点)?的?|不(?:太)?贵的?|\b(?:cheap|cheaper|cheapest|affordable|inexpensive|low[- ]cost)\b"
)
_TIMES = re.compile(
    r"(?:周末|星期[六日天]|礼拜[六日天]|周[六日]|晚上|晚间|夜间|夜校|下班后|放工后)(?:可以?|能|才?有空)?(?:上课?|学|开班?|去)?(?:的|嘅)?"
    r"|\b(?:at|on|in) (?:the )?(?:weekends?|evenings?|nights?|saturdays?|sundays?)\b|\b(?:weekend|evening|night|saturday|sunday)(?= (?:courses?|class(?:es)?|ones?)\b)"
    r"|\b(?:evenings?|weekends?|weekdays?|nights?|saturdays?|sundays?) only\b|\bonly (?:in |on |at )?(?:the )?(?:evenings?|weekends?|weekdays?|nights?)\b"
)
_CERTIFIED = re.compile(
    r"(?:最好|要|想|能|可以)?(?:带|有|发|给|拿|考)(?:到|个|张|得)*(?:结业|毕业|培训|合格)?证书?的?(?!明|件|券)|\b(?:with|that gives?|and get) an? (?:\w+ )?certificate\b"
)
_NEW = re.compile(
    r"零基础|零起点|没(?:有)?(?:什么|任何|一点)?(?:基础|底子|接触过|学过|经验)|冇(?:乜|咩)?(?:基础|底子|学过)|(?:完全|一点(?:都|也)?|乜都|咩都|什么都)(?:不|唔)(?:懂|会|识)|从(?:头|零|没)|由零|刚(?:开始|入行|接触|学)|初学|新手|小白|入门|啱啱(?:学|入行)"
    r"|\b(?:beginner|beginners|new to|from scratch|no (?:background|experience|prior|idea|clue)|never (?:done|learned|learnt|studied|used|tried|touched)|starting out|just started|first time|newbie|complete novice|novice|introductory|know nothing|start(?:ing)? from zero)\b"
)
_SOME = re.compile(
    r"有(?:一点|一些|点|啲|些)?(?:基础|底子|经验)|学过一(?:点|些|年)|会一点|识少少|懂一点|进阶|提高一下|提升|再进一步|中级|巩固"
    r"|\b(?:intermediate|some (?:experience|background|knowledge)|know the basics|knows the basics|basics already|beyond the basics|refresh|brush up|next level|already (?:know|did|finished|completed|took)|comfortable with the basics|a bit of)\b"
)
_ADVANCED = re.compile(
    r"高级|高阶|精通|熟练|资深|专家|深入|专业水平|做了(?:好多|很多|十几|几十|[五六七八九十\d]{1,2})年|老手|深造|研究级"
    r"|\b(?:advanced|expert|experts|in[- ]depth|master class|professional level|experienced|years of experience|graduate[- ]level|specialist|deep dive|push further|state of the art|cutting[- ]edge|seasoned)\b"
)
_INITIATIVES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "skills",
        re.compile(
            r"(?:技能|技术|手艺)(?:类|培训|课|班)|学(?:门|个|一门)?(?:技术|手艺|技能)|职业技能|\b(?:vocational|skills? (?:course|class|training)s?)\b"
        ),
    ),
    ("academic", re.compile(r"(?:学历|文化)(?:类|教育|提升|课)|补习|\bacademic (?:course|class)(?:es|s)?\b")),
    (
        "culture",
        re.compile(
            r"(?:文化艺术|艺术|文艺|非遗)(?:类|课|班)?|\b(?:arts?|culture|cultural) (?:course|class)(?:es|s)?\b"
        ),
    ),
    ("ideology", re.compile(r"思政|思想(?:政治)?(?:类|课|教育)|公民素养")),
)
_AUDIENCES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("senior", re.compile(r"退休|(?<!护理)(?<!照顾)(?<!伺候)(?<!照护)(?<!服务)(?<!服侍)老人|长者|老年|阿婆|阿公|公公|婆婆|爷爷|奶奶|爸妈|老爸|老妈|我(?:妈|爸|阿妈|老豆|婆婆|外公)|\b(?:senior|seniors|elderly|retired|retiree|my (?:mother|father|mum|mom|dad|grand\w+))\b")),
    ("child", re.compile(r"小朋友|小孩|细路|孩子|儿子|女儿|我(?:仔|囡)|小学生|\b(?:kids?|children|child|my (?:son|daughter))\b")),
    ("courier", re.compile(r"快递|外卖|骑手|送(?:件|餐|货)|派件|跑单|速递|\b(?:courier|deliver(?:y|ing)? (?:rider|parcels?|packages?|food)|rider)\b")),
    ("farmer", re.compile(r"农民|果农|种(?:植|荔枝|龙眼|田|地|菜|果)|果园|村里|乡下|养(?:殖|鱼|猪|鸡)|\b(?:farmer|farm|orchard|grower)\b")),
    ("migrant", re.compile(r"外来|来粤|打工|新来(?:广东|广州|深圳)|刚(?:来|到)(?:广东|广州|深圳|佛山|东莞)|\b(?:newcomer|migrant|expat|foreigner|just (?:moved|arrived)|moved to)\b")),
    ("teacher", re.compile(r"(?:我是|当|做|身为)[^，。]{0,6}老师|教师|社工|社区工作|\b(?:teacher|trainer|social worker)\b")),
    ("worker", re.compile(r"工厂|车间|厂里|上班|工人|下岗|失业|被裁|流水线|打螺丝|返工|\b(?:factory|worker|laid[- ]off|unemployed|shop floor|assembly line|lost my job)\b")),
    ("youth", re.compile(r"高中|中专|职高|毕业生|刚毕业|大学生|青年|\b(?:school leaver|student|graduate|left school|teenager)\b")),
)  # fmt: skip
_ONLY_WHERE = re.compile(
    r"(?:你好[，,\s]*)?(?:我|我人|我们|我家|本人|俺|屋企)(?:现在|目前|平时|而家|一直|就)?(?:在|住在?|喺|住喺|是)@+(?:市|区|县|镇|人|这边|这里|呢边|那边|工作|打工|生活|上班|住)*(?:的|嘅|呀|啊)?[\s。.！!，,]*"
    r"|(?:hi[, ]+)?i(?:'m| am| live| work)(?: now| currently)?(?: living| working)? in @[\s.!]*"
)
# What one can do already, told beside what is to be learned: 学历提升 and 高级茶艺师 are subjects and stay.
_KNOWS_SOME = re.compile(
    r"(?:有|冇)?(?:一点|一些|点|啲|些)(?:基础|底子|经验)|有(?:基础|底子|经验)(?:了|的)?|(?:想|要|再)+(?:提高|提升|进)一(?:下|步)|学过一(?:点|些|年)(?!.)"
)
# What of a message names a condition, and so not what the course is to be about.
CONDITIONS = (
    _FREE,
    _FREE_ENGLISH,
    _HOURS,
    _PRICE,
    _ONLINE,
    _OFFLINE,
    _NEAR,
    _STEP_FREE,
    _IN_ENGLISH,
    _IN_CHINESE,
    _NEW,
    _KNOWS_SOME,
    _LEVEL,
    _WITH_CREDITS,
    _BEGINS,
    _SHORT,
    _CHEAP,
    _TIMES,
    _CERTIFIED,
)


@dataclass(frozen=True, slots=True)
class Need:
    """What is needed. The first group must hold of a course, as its record states it; the second only ranks.

    `near` asks for a session in person. `level` is the level asked for, as records state it. `begins` is the month in
    which a session is to begin. `times` asks for days of the week or hours of the day, and `certified` for a
    certificate, which no record states. `for_another` is for somebody else than who asks.
    """

    text: str = ""
    free: bool = False
    max_price: float | None = None
    max_hours: float | None = None
    delivery: frozenset[Delivery] = frozenset()
    language: str | None = None
    level: int | None = None
    max_level: int | None = None
    credits: bool = False
    begins: int | None = None
    place: Place | None = None
    near: bool = False
    step_free: bool = False
    exclude: frozenset[str] = frozenset()
    skip_without_prerequisites: bool = False

    audience: str | None = None
    initiative: str | None = None
    standing: Standing | None = None
    occupation: str | None = None
    locale_language: str = ""
    around: Place | None = None  # where the learner is, when no session there is asked for
    interests: tuple[str, ...] = field(default=())
    cheap: bool = False
    times: bool = False
    certified: bool = False
    for_another: bool = False

    @property
    def in_person(self) -> bool:
        """Whether a session at a place is asked for."""
        return self.near or bool(self.delivery and "online" not in self.delivery)


def need_of(message: str, audience: str | None = None) -> Need:
    """What a message asks of a course."""
    said = normalise(message)
    place = place_in(said)
    near = _says(_NEAR, said)
    delivery = _delivery(said)
    class_there = place is not None and (
        near or "offline" in delivery or says_only_where(said) or _asks_for_a_class_in(said, place)
    )
    free = bool(_FREE.search(said) or _FREE_ENGLISH.search(said)) and not _NOT_FREE.search(said)
    other = whom(said)
    return Need(
        text=message,
        free=free,
        max_price=None if free else _limit(_PRICE, said, only_with=_MONEY),
        max_hours=_limit(_HOURS, said) or (_SHORT_HOURS if _SHORT.search(said) else None),
        delivery=delivery,
        language="en" if _says(_IN_ENGLISH, said) else "zh" if _says(_IN_CHINESE, said) else None,
        level=_level(said),
        credits=_says(_WITH_CREDITS, said),
        begins=_month(said),
        place=place if class_there else None,
        near=near or class_there,
        step_free=_says(_STEP_FREE, said),
        audience=audience_in(message) or (None if other else audience),
        for_another=other is not None,
        initiative=next((name for name, pattern in _INITIATIVES if pattern.search(said)), None),
        standing=standing_in(said),
        locale_language=language_of(message) if message.strip() else "",
        around=place,
        cheap=_says(_CHEAP, said),
        times=_says(_TIMES, said),
        certified=_says(_CERTIFIED, said),
    )


def says_only_where(message: str) -> bool:
    """Whether a message says where somebody is, and nothing else: 我在佛山."""
    left = names_of_places().sub("@", normalise(message))
    return bool(_ONLY_WHERE.fullmatch(left))


def carried_on(before: Need, now: Need) -> Need:
    """A need with conditions added by a later message, which goes first where both say: 线下 and then 那线上的呢."""
    return replace(
        before,
        free=now.free or (before.free and now.max_price is None),
        max_price=None if now.free else before.max_price if now.max_price is None else now.max_price,
        max_hours=before.max_hours if now.max_hours is None else now.max_hours,
        delivery=now.delivery or before.delivery,
        language=now.language or before.language,
        level=before.level if now.level is None else now.level,
        credits=before.credits or now.credits,
        begins=now.begins or before.begins,
        place=now.place or (None if "online" in now.delivery else (before.place and (now.around or before.place))),
        near=now.near or (before.near and "online" not in now.delivery),
        step_free=before.step_free or now.step_free,
        audience=now.audience or before.audience,
        standing=now.standing or before.standing,
        around=now.around or before.around,
        cheap=before.cheap or now.cheap,
        times=before.times or now.times,
        certified=before.certified or now.certified,
        for_another=before.for_another or now.for_another,
    )


def with_profile(need: Need, profile: Profile) -> Need:
    """The same with what the learner has told before: the message goes first, and only filters become facts.

    Of who asks for another only what is of the house: where they are, and what it may cost.
    """
    if need.for_another:
        own = replace(profile, audience=None, standing=None, occupation=None, language=None, step_free=False)
        return with_profile(replace(need, for_another=False), own)
    place = need.place or (profile.place if need.near else None)
    language = profile.language.split("-", maxsplit=1)[0] if profile.language else ""
    return replace(
        need,
        free=need.free or (profile.free_only and need.max_price is None),
        step_free=need.step_free or profile.step_free,
        place=place,
        audience=need.audience or profile.audience,
        standing=need.standing or profile.standing,
        occupation=need.occupation or profile.occupation,
        locale_language=need.locale_language or language,
        around=need.around or profile.place,
    )


def audience_in(message: str) -> str | None:
    """Whom a message is about, in the catalogue's words; None where it does not say. Who is to learn goes first."""
    said = normalise(message)
    if other := whom(said):
        return other.audience
    age = age_in(said)
    if age is not None and (so_old := audience_of(age)):
        return so_old
    return next((name for name, pattern in _AUDIENCES if pattern.search(said)), None)


def standing_in(message: str) -> Standing | None:
    """How far somebody says they are; who denies experience is new, whatever else is said."""
    said = normalise(message)
    if _NEW.search(said):
        return "new"
    if _ADVANCED.search(said):
        return "advanced"
    return "some" if _SOME.search(said) else None


def _says(pattern: re.Pattern[str], said: str) -> bool:
    found = pattern.search(said)
    return found is not None and not _NOT.search(said[: found.start()])


def _delivery(said: str) -> frozenset[Delivery]:
    """Blended courses are met online and in person, so they do for either."""
    online, offline = _says(_ONLINE, said), _says(_OFFLINE, said)
    if online and not offline:
        return frozenset({"online", "blended"})
    return frozenset({"offline", "blended"}) if offline and not online else frozenset()


def _asks_for_a_class_in(said: str, place: Place) -> bool:
    """在佛山有没有班 asks for a class there; 我在佛山送快递 tells where one is."""
    name = next((part for part in (place.district, place.city) if part), "")
    stem = name[:2]
    return bool(
        re.search(
            rf"{stem}[^，。？?]{{0,8}}(?:有没有|有冇|有无|有什么|有咩|有哪些|哪里有|边度有|开班|开的|办的|可以(?:去|报|上)|能(?:去|报|上)|上课|的班|的课|报名|面授)"
            rf"|(?:有没有|有冇|哪里有|边度有|想(?:在|去|喺)|能(?:在|去)|可以(?:在|去))[^，。？?]{{0,6}}{stem}",
            said,
        )
        or re.search(
            r"\b(?:class|classes|course|courses|session|sessions|learn|take|attend)\b[^.?!]{0,40}\bin [a-z]+", said
        )
    )


def _limit(pattern: re.Pattern[str], said: str, only_with: re.Pattern[str] | None = None) -> float | None:
    found = pattern.search(said)
    if not found or (only_with and not only_with.search(said[found.start() : found.end() + 3])):
        return None
    text = found["a"] or found["b"]
    (number, *_) = quantities(f"{text}个") or quantities(text) or (None,)
    return number.value if number else None


def _month(said: str) -> int | None:
    found = _BEGINS.search(said)
    return month_number(found["a"] or found["b"]) if found else None


def _level(said: str) -> int | None:
    found = _LEVEL.search(said)
    if not found:
        return None
    text = found["a"] or found["b"]
    return int(text) if text.isdigit() else "一二三四五六七".index(text) + 1


def languages_fit(course_language: str | None, wanted: str) -> bool:
    """Whether a course is in the language wanted, in any variant."""
    return bool(course_language) and str(course_language).split("-", maxsplit=1)[0].lower() == wanted
