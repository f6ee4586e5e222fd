"""Text that others wrote, made safe: course and learner text for a prompt, model text for a learner."""

import re

from course_index.stretches import Stretch, stretches

# What nobody sees: controls, soft hyphen, fillers, zero-width, direction, variation selectors and tags (which can
# smuggle bytes), lone surrogates. Line ends, tabs and form feeds stay.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]+"
)


def without_invisible(text: str) -> str:
    """The text without the characters that nobody sees."""
    return _INVISIBLE.sub("", text)


# --- For a prompt ---

# What chat templates and our own prompts part text by. A program's `List<system>` is none: a word stands before it.
_TAGS = (
    "passages?|learner|question|answer|instructions?|context|documents?|sources?_?text|system|assistant|user|human|tool"
    "|tool_calls?|tool_response|function_calls?|think|thinking|start_of_turn|end_of_turn|bos|eos|s|SYS|INST|unk|pad"
)
_OPENING = re.compile(
    r"<(?=!--)"  # our own mark between instructions and learner's part is a comment
    r"|<(?=\s*[|｜]\s*[a-z_])"  # <|im_start|>, <｜User｜>
    rf"|(?:(?<![A-Za-z0-9_])<(?=<?)|<(?=\s*/))(?=<?\s*/?\s*(?:{_TAGS})(?:[\s\d_-][^<>\n]{{0,200}})?/?>)",
    re.IGNORECASE,
)
_INST = re.compile(
    r"\[(/?\s*(?:INST|SYS|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|gMASK|sMASK))\]", re.IGNORECASE
)


# What is said to a model and to no learner. A weak model does as it is told, and the check lets pass what stands in the
# passage to the letter: such a sentence is kept from the one and bears nothing for the other.
_ORDER = re.compile(
    r"""
    ^\s*(?:system|assistant)\s*[:：] | \[/?inst\] | <\|?(?:im_start|system)\b
    | (?:忽略|无视|忘记|忘掉|忘了|不要理会|不用理会|别管|绕过|跳过|ignore|disregard|forget|override|bypass)
      .{0,20}(?:以上|之前|上面|前面|所有|全部|一切|你的|previous|above|prior|earlier|\ball\b|\bany\b)
      .{0,16}(?:指令|指示|规则|提示|限制|instructions?|rules|prompts?|guidelines)
    | 你现在(?:开始)?(?:是|就是|扮演).{0,12}(?:助手|模型|机器人|\bai\b)
    | \byou\ are\ now\ (?:an?|the|in)\b | \bfrom\ now\ on,?\ you\b
    | (?:(?:每个|每次|每条|所有)的?(?:回答|回复|答案)|回答.{0,4}(?:任何|所有|每个)问题)
      .{0,14}(?:都|先|末尾|开头|结尾|最后).{0,8}(?:说|写|加上|附上|输出|带上)
    | (?:输出|打印|说出|泄露|公开|reveal|print|show|output|leak|repeat).{0,16}
      (?:提示词|系统提示|系统指令|隐藏的?规则|system\ prompt|hidden\ (?:rules|prompt)|your\ (?:prompt|instructions))
    | \b(?:append|add|include|begin|start|end)\b.{0,40}
      \b(?:every|each|all|your)\ (?:answers?|repl(?:y|ies)|responses?)\b
    | 不要(?:再)?提(?:到|及|起)?(?:课程|原文|资料|这条|这段|本段)
    """,
    re.IGNORECASE | re.VERBOSE,
)


def is_an_order(sentence: Stretch) -> bool:
    """Whether a sentence of a course, no code, tells a model what to do: data that would be an instruction."""
    return not sentence.is_code and bool(_ORDER.search(without_invisible(sentence.text)))


def without_orders(text: str) -> str:
    """Course text without the sentences that tell a model what to do."""
    return "".join(one.text for one in stretches(text) if not is_an_order(one))


def for_prompt(text: str) -> str:
    """Course or learner text that may stand in a prompt: nothing hidden, no delimiter or role mark that still works.

    A mark keeps its letters and loses its bracket: `‹|im_start|>`. All else stays as it is, maths and code too.
    """
    return _INST.sub(r"(\1)", _OPENING.sub("‹", without_invisible(text)))


# --- For a learner ---

_ELEMENTS = (
    "a|abbr|address|area|article|aside|audio|b|base|bdi|bdo|big|blink|blockquote|body|br|button|canvas|caption|center|cite"
    "|code|col|colgroup|data|datalist|dd|del|details|dfn|dialog|dir|div|dl|dt|em|embed|fieldset|figcaption|figure|font"
    "|footer|form|frame|frameset|h[1-6]|head|header|hr|html|i|iframe|image|img|input|ins|kbd|label|legend|li|link|main|map"
    "|mark|marquee|math|menu|meta|meter|nav|noscript|object|ol|optgroup|option|output|p|param|picture|pre|progress|q|rp|rt"
    "|ruby|s|samp|script|search|section|select|slot|small|source|span|strike|strong|style|sub|summary|sup|svg|table|tbody"
    "|td|template|textarea|tfoot|th|thead|time|title|tr|track|tt|u|ul|var|video|wbr"
)
_ACTIVE = (
    "script|style|iframe|object|embed|svg|math|img|image|video|audio|form|input|button|link|meta|base|textarea|template"
)
_TAG = re.compile(
    rf"</(?:{_ELEMENTS})\s*>|<(?![a-z][\s>])(?:{_ELEMENTS})\s*/?>"
    r"|(?<![a-z0-9_])<[abipqsu]\s*/?>"  # behind a word it is code (`List<a>`) and could do nothing
    rf"|</?(?:{_ELEMENTS})[\s/]+[a-z:-]+\s*=[^<>]*>"
    rf"|</?(?:{_ACTIVE})\b[^<>]*(?:>|$)"
    r"|</?[a-z][\w:-]*[\s/]+[^<>]*?\b(?:on[a-z]+|style|href|src|srcset|action|formaction|poster|background)\s*=[^<>]*>?"
    r"|<!--(?:(?!<!--).)*?-->|<!--|<!doctype[^>]*>|<!\[cdata\[|<\?[a-z][^>]*>",
    re.IGNORECASE | re.DOTALL,
)
_LABEL = r"\[((?:\\.|[^\[\]\\\n]|\[(?:\\.|[^\[\]\\\n])*\])*)\]"
_TARGET = (
    r"\([ \t]*(?:<[^<>\n]*>|(?:\\.|[^\s()\\]|\((?:\\.|[^\s()\\])*\))*)"
    r"(?:[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'|\([^()\n]*\)))?[ \t]*\)"
)
_IMAGE = re.compile(rf"!(?!\[\^?\d{{1,2}}\]){_LABEL}(?:{_TARGET}|\[[^\[\]\n]*\])")
_LINK = re.compile(_LABEL + _TARGET)
_LINK_ELSEWHERE = re.compile(r"\]\([^()\n]*[/.:#]")  # $[a](b)$ is none
_DEFINITION = re.compile(
    r"^[ ]{0,3}\[[^\[\]\n]+\]:[ \t]*(?:<[^<>\n]*>|[^\s。，]*[/.:#][^\s。，]*)[ \t]*(?:[\"'(].*)?$", re.MULTILINE
)
_HOST = r"(?:com|cn|org|net|top|xyz|vip|shop|club|site|online|icu|ru|tk|hk|tw)"
_BARE_ADDRESS = (
    r"<?(?:\b[a-z][a-z0-9+.-]{1,20}:(?://|\\\\)|\bwww\.(?=[a-z0-9])|(?<![:\w/])//(?=[a-z0-9-]+\.[a-z]{2}))"
    r"[^\s<>\"'`()\[\]{}|，。；：！？、（）《》【】“”‘’\u3400-\u9fff\ue000]*(?<![.,;:!?])>?"
    rf"|(?<![\w@./-])(?:[a-z0-9-]+\.)+{_HOST}(?![\w.-])(?:[/?#][^\s<>\"'`()\[\]{{}}|，。；！？、（）\u3400-\u9fff\ue000]*)?"
)
_ADDRESS = re.compile(_BARE_ADDRESS, re.IGNORECASE | re.ASCII)
_ADDRESS_IN_BRACKETS = re.compile(rf"[(（]\s*(?:{_BARE_ADDRESS})\s*[)）]", re.IGNORECASE | re.ASCII)
_LATEX_ADDRESS = re.compile(r"\\(?:href|url|includegraphics(?:\[[^\]\n]*\])?|html[A-Z]\w+)\s*\{[^{}\n]*\}")

# In the order in which Markdown reads a line: the fence of a code block, maths, an escaped character, a code span,
# marks without a partner. Nothing here runs over the end of a line, so a stream can be cut there.
_PARTS = re.compile(
    r"^(?P<fence>[ \t]*(?:`{3,}|~{3,})[ \t]*[\w+#.-]*[ \t]*)$"
    r"|(?P<maths>\$\$[^`\n]+?\$\$|\$(?!\s)[^$`\n]+?(?<!\s)\$(?!\d)|\\\([^`\n]*?\\\)|\\\[[^`\n]*?\\\])"
    r"|(?P<escaped>\\[\\`])"
    r"|(?P<code>(?P<marks>`+)(?!`)[^\n]+?(?<!`)(?P=marks)(?!`))"
    r"|(?P<lone>`+)",
    re.MULTILINE,
)
_KEPT = re.compile("\ue000(\\d+)\ue001")
_PRIVATE = re.compile("[\ue000\ue001]")


def for_learner(text: str) -> str:
    """Text that a model wrote, without images, links, addresses, raw HTML and hidden characters.

    Of a link its text stays. Code spans and maths stay, unless they hold what would be a link or a tag elsewhere: how a
    reader's program pairs the marks is not known. It may be applied to each sentence of a stream by itself.
    """
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        if found.lastgroup == "lone":
            return ""  # it would pair with one in another sentence, and what is code would no longer be
        part = found[0]
        if found["maths"]:
            part = _LATEX_ADDRESS.sub("", part)
            if _is_live(part):
                return part
        elif found["code"]:
            part = _ADDRESS.sub("", part)
            if "|" in part and _is_live(part):  # a table is cut at | before its code is read
                return part
        kept.append(part)
        return f"\ue000{len(kept) - 1}\ue001"

    plain = _PARTS.sub(keep, _PRIVATE.sub("", without_invisible(text)))
    cleaned = _KEPT.sub(lambda found: kept[int(found[1])], _without_links_and_tags(plain))
    # A backslash at the very end would escape what the next sentence begins with.
    return re.sub(r"(?<!\\)((?:\\\\)*)\\\Z", r"\1", cleaned)


def _is_live(part: str) -> bool:
    return any(pattern.search(part) for pattern in (_TAG, _IMAGE, _LINK_ELSEWHERE, _ADDRESS))


def _without_links_and_tags(text: str) -> str:
    for _ in range(8):  # taking one out can put another together: <im<b>g>
        before = text
        for pattern in (_TAG, _IMAGE, _LATEX_ADDRESS, _DEFINITION):
            text = pattern.sub("", text)
        text = _LINK.sub(_label, text)
        for pattern in (_ADDRESS_IN_BRACKETS, _ADDRESS):
            text = pattern.sub("", text)
        if text == before:
            break
    else:
        text = text.replace("<", "＜")
    # Halves of a link or an image, whose other half is in the next sentence.
    return re.sub(r"!(?=\[(?!\^?\d{1,2}\]))", "! ", text.replace("](", "] ("))


def _label(link: re.Match[str]) -> str:
    """What a link says; a number of a source stays in its brackets."""
    return f"[{link[1]}]" if re.fullmatch(r"\^?\d{1,2}(?:[,，]\s*\d{1,2})*", link[1]) else link[1]
