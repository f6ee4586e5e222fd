"""Questions on what the record of a course states, asked of the course that is talked of: 要不要钱, is it free."""

import re

from companion.patterns import for_normalised
from companion.understanding.facts import facts_asked
from course_index.analyze import normalise

_THIS_COURSE = r"(?:这|那|呢|嗰)?(?:一?[个门]|啲)?(?:课程?|班)|(?:the|this|that) (?:course|class)"
_TITLE = r"《(?P<title>[^》\n]{2,200})》"
_IT = rf"(?:《[^》\n]{{2,200}}》|{_THIS_COURSE}|它|佢|这个|那个|呢个|嗰个|那|咁|请问|即系|[\s，,])*"
_MUCH = "(?:几多|多少|几)"
_STATED = "|".join(
    (
        r"(?:[要收][不唔][要收]|使唔使|要|使|收)(?:我|另外|再)?(?:交|俾|畀|给|收)?(?:钱|学费|费用?)",
        rf"(?:要|收|得|需要)?(?:花|交|付|畀|俾)?{_MUCH}(?:钱|学费|费用?)|(?:学费|费用|收费)(?:是|系|要)?(?:{_MUCH}|怎么算|点计)?",
        r"免费(?!的(?:呢|有|课)|(?:的|嘅)[\s。！!]*$)|是不是免费|系咪免费",
        rf"(?:有|计|算|值)?{_MUCH}个?(?:学分|课时|学时|小时|钟头)|(?:是)?(?:第)?几级",
        r"(?:什么时候|几时|哪天|何时|哪一?天|边日)(?:开课|开班|开学|开始|开|上课|上)",
        r"(?:在|去|喺)?(?:哪里|哪儿|哪|边度|什么地方)(?:上课?|学|开班?|读)",
        r"(?:学完|上完|读完)?(?:后|了|之后)?(?:能|可以|会|有没有|有冇)?(?:拿|发|攞|给|有)(?:到)?(?:什么|咩|乜|结业|毕业|个|张)*证书?",
        rf"(?:学完|上完|读完)(?:后|了)?(?:能|可以)?(?:拿|得|攒|有|攞)?(?:到)?{_MUCH}个?学分",
        r"(?:要)?(?:学|上|读)?(?:多久|多长时间|几耐|几个星期)",
    )
)
_EN_IT = "(?:it|(?:the|this|that) (?:course|class))"
_STATED_EN = "|".join(
    (
        rf"is {_EN_IT} free|(?:how much|what) (?:is|does|for) {_EN_IT}(?: cost)?|do i (?:have|need) to pay",
        rf"how many (?:hours|credits)(?: (?:is|does|for) {_EN_IT}(?: (?:have|take|give))?| (?:will|do|would|can) i (?:get|earn|have))?",  # noqa: E501
        rf"(?:will|do|can|would) i get an? certificate|is there an? certificate|does {_EN_IT} (?:give|come with) an? certificate",  # noqa: E501
        rf"how long (?:is|does|will|would) {_EN_IT}(?: take| last)?",
        rf"when (?:does {_EN_IT} start|is {_EN_IT})|where is {_EN_IT}(?: held| taught)?",
    )
)
_TAIL = r"(?:please|thanks|的|嘅|啊|呀|吗|么|呢|咩|先|㗎|架|[\s。！!？?])*"
_WHERE_I_AM = r"(?:[，, ]*(?:我|俺|屋企|家)(?:在|住|喺)\w{2,8})?"
_WHOLE = for_normalised(
    rf"(?:and |so |then )?{_IT}(?:(?:是|系|的|嘅|都)?(?:{_STATED})|{_STATED_EN}){_TAIL}{_WHERE_I_AM}{_TAIL}"
)
_CERTIFICATE = re.compile(r"证(?!明|件|券|据)|\bcertificates?\b")
_POINTS_AT_IT = for_normalised(_THIS_COURSE)


_ASKS_WHAT_IT_IS = (
    rf"(?:{_THIS_COURSE})?(?:都|主要|是|系)*"
    r"(?:(?:讲|教|学|说)(?:的|了|些|咗|啲)*(?:什么|啥|咩|乜嘢?)|怎么样|点样|有(?:什么|哪些)?内容)"
)
_WHICH_LESSON = r"(?:哪|那(?=里|儿)|边|第几)(?:里|儿|度)?(?:一)?(?:个)?(?:课|节|章|讲|单元|部分)?"
_LESSONS = "|".join(
    (
        rf"(?:都|主要|是|系|会)*{_ASKS_WHAT_IT_IS}",
        r"(?:都|主要|会|能|要|可以)*(?:讲|教|学|学到|学习)(?:的|了|些|咗|啲|到)*(?:什么|啥|咩|乜|哪些|边啲)(?:内容|东西|知识|嘢)?",
        r"(?:都|一共|总共|共|有|分|包括|包含)+(?:几多|多少|几|哪些|哪几|边几|边啲)(?:个|节)?(?:课|章节?|节|讲|单元)(?:内容)?",
        rf"(?:我|应该|应当|该|要|想|先|最好)*(?:从|由|喺){_WHICH_LESSON}(?:开始|起)(?:学|看|读|上|睇)?(?:起)?(?:好|比较好|合适)?",
        rf"(?:我|应该|应当|该|要|想|最好)*先(?:学|看|读|上|睇){_WHICH_LESSON}(?:好|比较好|合适)?",
        r"(?:有没有|有冇|有|看看?|给我看看?|列出|列一下)?(?:课程)?(?:大纲|目录|章节)(?:是|有)?(?:什么|哪些|啥|咩|吗|么)?",
        r"第一(?:课|节|章|讲)(?:是|系|讲|教|学)(?:的|了)?(?:什么|啥|咩|乜嘢?)",
    )
)
_LESSONS_EN = "|".join(
    (
        rf"what(?: (?:does|will|is|would) {_EN_IT}|'s {_EN_IT})(?: about| cover| teach(?: me)?| include)?",
        rf"what (?:will|would|do|can|could) i learn(?: (?:in|from|on|with) {_EN_IT})?",
        rf"what(?:'s| is| are)(?: the lessons)? in {_EN_IT}|what lessons (?:are there|does {_EN_IT} have)",
        rf"what are (?:its|the) lessons|how many lessons(?: (?:are there|does {_EN_IT} have|are in {_EN_IT}))?",
        r"(?:which|what) lesson (?:should|do|would|can) i (?:start|begin)(?: with| from| at)?",
        r"where (?:should|do|would|can) i (?:start|begin)",
        r"(?:is there|show me|what is|what's)? ?(?:an?|the|its)? ?(?:course )?(?:outline|syllabus)",
    )
)
_ITS_LESSONS = for_normalised(rf"(?:and |so |then |ok )?{_IT}(?:(?:的|嘅|都)?(?:{_LESSONS})|{_LESSONS_EN}){_TAIL}")
_TELL = r"(?:说说|讲讲|介绍|说|讲|谈谈|看看)(?:一下|下|看|听听|详细|具体|清楚|多)*(?:一?点|啲|些)?"
_EN_MORE = rf"more(?: details?)?(?: (?:about|on|of) {_EN_IT})?"
_MORE_OF_IT = for_normalised(
    rf"(?:好|嗯|那|咁|请|麻烦|唔该|[\s，,])*{_IT}(?:能不能|可以|可唔可以|能|再|给我|同我|帮我)*"
    rf"(?:详细|具体|仔细|多)*(?:的|地)?{_TELL}{_IT}{_TAIL}"
    rf"|(?:再)?(?:详细|具体)(?:一?[点些]|啲)?(?:介绍|说明|内容|情况)?{_TAIL}"
    rf"|(?:ok[\s,]*)?(?:(?:can|could|would) you )?(?:please )?(?:tell|give|show) me (?:some )?{_EN_MORE}[\s?.!]*"
    rf"|more (?:about|on) {_EN_IT}[\s?.!]*|(?:more )?details(?: please)?[\s?.!]*"
)
_INTRODUCED = for_normalised(
    rf"(?:请|我|想|要|给我|帮我|介绍|说说|讲讲|看看|了解|看|选|有没有|有冇|一下|下)*{_TITLE}(?:{_THIS_COURSE}|{_ASKS_WHAT_IT_IS})?{_TAIL}"
    rf"|(?P<bare>[^，,。？！?!《》]{{3,40}}?){_ASKS_WHAT_IT_IS}{_TAIL}"
)


def course_introduced(message: str) -> str | None:
    """What stands for a title when one asks what a course is: 介绍一下《急救》, 急救讲什么, or the title alone."""
    found = _INTRODUCED.fullmatch(normalise(message).strip())
    return (found["title"] or found["bare"]) if found else None


def title_in(message: str) -> str | None:
    """The first title that a message names, normalised."""
    found = re.search(_TITLE, normalise(message))
    return found["title"] if found else None


def asks_of_it(message: str) -> bool:
    """Whether a message asks for what a record states, and names no course of its own."""
    facts = facts_asked(message)
    stated = _WHOLE.fullmatch(normalise(message).strip()) or (facts and "compare" not in facts)
    return bool(stated) or asks_for_its_lessons(message)


def asks_for_its_lessons(message: str) -> bool:
    """Whether a message asks what is in a course and where it begins, and names none: 这门课讲什么, 先学哪一课."""
    return title_in(message) is None and bool(_ITS_LESSONS.fullmatch(normalise(message).strip()))


def asks_more_of_it(message: str) -> bool:
    """Whether a message wants to be told more, of whatever was talked of: 详细说说, tell me more about it."""
    return bool(_MORE_OF_IT.fullmatch(normalise(message).strip()))


def asks_for_a_certificate(message: str) -> bool:
    """Whether a message asks what certificate there is, which no record states."""
    return bool(_CERTIFICATE.search(normalise(message)))


def points_at_a_course(message: str) -> bool:
    """Whether it says that it means a course, as 这门课 does and 它 does not."""
    return bool(_POINTS_AT_IT.search(normalise(message)))
