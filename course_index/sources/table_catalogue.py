"""A table of courses (CSV, Excel, a JSON list) as catalogue records, by the headings of its columns."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_index.course import LEVELS
from course_index.errors import SourceProblem
from course_index.record import CourseRecord
from course_index.sources.package import Wishes, course_id
from course_index.sources.spreadsheet import read_tables

# What a heading says without an operator's mapping; compared without case, blanks and what stands in brackets.
_HEADINGS = {
    "id": "id code courseid coursecode identifier 编号 课程编号 课程编码 课程代码 课程id 課程id 編號 課程編號",
    "title": "title name coursename coursetitle 课程名称 课程名 课程标题 培训课程 名称 标题 课程 課程名稱 名稱 課程",
    "provider": (
        "provider university courseorganization organization organisation school institution 提供机构 机构 "
        "学校 开课学校 开课院校 开课机构 开课单位 开设单位 主办单位 主办方 培训机构 院校 單位 學校 机构名称"
    ),
    "summary": (
        "summary description coursedescription abstract 简介 课程简介 介绍 课程介绍 课程概述 课程内容 内容简介 簡介"
    ),
    "language": "language lang 语言 授课语言",
    "subjects": "subjects subject category categories topic topics 学科 分类 类别 课程分类 课程类别 课程类型 主题",
    "skills": "skills skill 技能",
    "occupations": "occupations occupation 职业 工种",
    "audience": "audience 适用人群 适合人群 面向人群 对象 培训对象 适用对象 招生对象 受众",
    "initiative": "initiative",
    "level": "level 等级 级别 课程等级",
    "hours": "hours duration 学时 课时 学时数 课时数 总学时 总课时",
    "credits": "credits credit 学分 学分数",
    "price": "price fee 价格 费用 学费 收费 收费标准 学费标准 课程费用 培训费 培训费用",
    "delivery": "delivery mode 授课方式 授课形式 教学方式 教学形式 学习方式 学习形式 培训方式 形式",
    "url": "url link courseurl 网址 链接 课程链接 课程网址",
    "updated_at": "updatedat updated 更新日期 更新时间",
    "valid_until": "validuntil expires 有效期 有效期至 截止日期",
    "licence": "licence license 许可 许可协议",
}
_FIELD_OF = {heading: field for field, headings in _HEADINGS.items() for heading in headings.split()}
_LISTS = ("subjects", "skills", "occupations", "audience", "prerequisites")
_DELIVERY = {
    "线上": "online",
    "在线": "online",
    "网络": "online",
    "线下": "offline",
    "面授": "offline",
    "混合": "blended",
    "线上线下": "blended",
}
_FREE = ("免费", "free", "公益", "免費")
# Cells that people write where they have nothing to say.
_NOTHING = ("-", "--", "—", "/", "无", "暂无", "n/a", "na")
_AMOUNT = r"(\d{1,3}(?:,\d{3})+|\d+)"
_NUMBER = re.compile(rf"共?{_AMOUNT}(\.\d+)?\s*([^\W\d]*)")
# No price has three decimals: 1.200 € is a thousand somewhere.
_PRICE = re.compile(rf"([^\d\s.,+-]*)\s*{_AMOUNT}(\.\d\d?)?\s*([^\d\s.,/+-]*)(?:/[人生位])?")
_UNITS = {
    "hours": ("", "小时", "学时", "课时", "hours", "hour", "hrs", "h", "小時", "學時", "課時"),
    "minutes": ("", "分钟", "分鐘", "minutes", "minute", "mins", "min"),
    "credits": ("", "学分", "學分", "分", "credits", "credit"),
}
_MINUTES = re.compile(r"分钟|分鐘|minute|\bmins?\b")
_OTHER_TIMES = re.compile(r"周|週|星期|天|日|月|年|week|day|month|year")
_CURRENCIES = {
    sign: currency
    for currency, signs in {
        "CNY": "¥ 元 rmb cny 人民币 人民幣",
        "USD": "$ us$ usd 美元 美金",
        "HKD": "hk$ hkd 港元 港币 港幣",
        "EUR": "€ eur 欧元 歐元",
        "GBP": "£ gbp 英镑 英鎊",
    }.items()
    for sign in signs.split()
}
_FIELDS = frozenset(CourseRecord.model_fields)


def columns_of(headings: list[str], wishes: Wishes) -> dict[str, str]:
    """The field of each heading that is known, by the operator's mapping or by itself. Raises SourceProblem for a
    mapping that names no field of a record, or a column that is not there.
    """
    for column, field in wishes.columns.items():
        if field not in _FIELDS:
            raise SourceProblem(f"columns: {field} is no field of a course record; docs/formats.md lists them")
        if column not in headings:
            raise SourceProblem(f"columns: the table has no column {column}; it has {', '.join(headings[:12])}")
    if wishes.columns:
        return dict(wishes.columns)
    first: dict[str, str] = {}
    for heading in headings:
        known = _FIELD_OF.get(_bare(heading))
        if known and known not in first.values():
            first[heading] = known
    return first


def _bare(heading: str) -> str:
    return re.sub(r"[\s_\-]|[(（].*?[)）]", "", heading).lower()


def is_course_table(headings: list[str], wishes: Wishes) -> bool:
    """Whether a table's headings are a catalogue's: they name a title and something else."""
    fields = columns_of(headings, wishes).values()
    return "title" in fields and ("provider" in fields or bool(wishes.provider))


@dataclass(frozen=True, slots=True)
class TableRecord:
    """An unchecked record with where it stands, and the columns whose cells say something that was not understood."""

    where: str
    record: dict[str, Any]
    not_read: tuple[str, ...] = ()


def records_of(path: Path, wishes: Wishes, says: Callable[[str, str], None]) -> Iterator[TableRecord]:
    """Each row of each sheet as an unchecked record; `says` is told of sheets that are no catalogue.

    Raises SourceProblem when none is.
    """
    others: list[tuple[str, SourceProblem]] = []
    found = False
    for table in read_tables(path):
        try:
            columns = _title_columns(table.headings, wishes)
        except SourceProblem as error:
            others.append((table.name, error))
            continue
        found = True
        for place, row in table.records():
            yield record_of(place, row, columns, wishes)
    if others and not found:
        raise others[0][1]
    for name, problem in others:
        says(name, f"this sheet is left out: {problem}")


def _title_columns(headings: list[str], wishes: Wishes) -> dict[str, str]:
    columns = columns_of(headings, wishes)
    if "title" not in columns.values():
        heads = ", ".join(headings[:12])
        raise SourceProblem(f"no column is a course's title; map its columns ({heads}) in a sources file")
    return columns


def record_of(where: str, row: dict[str, Any], columns: dict[str, str], wishes: Wishes) -> TableRecord:
    """A row as an unchecked record. What a cell does not plainly say stays unknown."""
    record: dict[str, Any] = {}
    not_read = []
    for column, field in columns.items():
        value = _value(field, row.get(column), column)
        if value not in (None, "", []):
            record[field] = value
        elif field in _READ and str(row.get(column) or "").strip().lower() not in ("", *_NOTHING):
            not_read.append(column)
    if wishes.provider:
        record.setdefault("provider", wishes.provider)
    if "title" in record:
        record["id"] = course_id(str(record.get("id") or f"{record.get('provider', '')}-{record['title']}"))
    return TableRecord(where, record, tuple(not_read))


def _value(field: str, cell: Any, heading: str) -> Any:
    """What a cell says, in the form of the record; None for what it does not plainly say."""
    if cell is None:
        return None
    if field in _LISTS:
        parts = cell if isinstance(cell, list) else re.split(r"[;；、,，|\n]", str(cell))
        return [str(part).strip()[:200] for part in parts if str(part).strip()]
    text = (", ".join(map(str, cell)) if isinstance(cell, list) else str(cell)).strip()
    return _READ[field](text, _plain(heading)) if field in _READ else text[:4_000]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().lower()


def _number(text: str, units: tuple[str, ...]) -> float | None:
    found = _NUMBER.fullmatch(_plain(text))
    if not found or found[3] not in units:
        return None
    return _amount(found[1], found[2]) or None


def _amount(whole: str, decimals: str | None) -> float:
    return float(whole.replace(",", "") + (decimals or ""))


def _hours(text: str, heading: str) -> float | None:
    if _MINUTES.search(heading):
        minutes = _number(text, _UNITS["minutes"])
        return round(minutes / 60, 2) if minutes else None
    return None if _OTHER_TIMES.search(heading) else _number(text, _UNITS["hours"])


def _price(text: str, heading: str) -> dict[str, Any] | None:
    """An amount in the currency that the cell or its heading names, or in yuan where neither names any unit."""
    if text.lower() in _FREE:
        return {"amount": 0}
    found = _PRICE.fullmatch(_plain(text))
    if not found:
        return None
    in_heading = re.search(r"\((.*?)(?:/[人生位])?\)", heading)
    signs = {sign for sign in (found[1], found[4], in_heading[1].strip() if in_heading else "") if sign}
    currencies = {_CURRENCIES.get(sign) for sign in signs} or {"CNY"}
    if len(currencies) > 1 or None in currencies:
        return None
    return {"amount": _amount(found[2], found[3]), "currency": currencies.pop()}


def _day(text: str) -> str | None:
    found = re.match(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})", text)
    return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}" if found else None


def _language(text: str) -> str | None:
    if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", text):
        return text
    return {"中文": "zh", "汉语": "zh", "普通话": "zh", "英文": "en", "英语": "en"}.get(text)


def _one_of(*allowed: str) -> Callable[[str], str | None]:
    return lambda text: text if text in allowed else None


def _read(reader: Callable[[str], Any]) -> Callable[[str, str], Any]:
    """A reader of cells that need no heading to be understood."""
    return lambda text, _heading: reader(text)


# (cell, heading) -> value
_READ: dict[str, Callable[[str, str], Any]] = {
    "hours": _hours,
    "credits": _read(lambda text: _number(text, _UNITS["credits"])),
    "price": _price,
    "level": _read({str(level): level for level in LEVELS}.get),
    "delivery": _read(lambda text: _DELIVERY.get(text, _one_of("online", "offline", "blended")(text))),
    "updated_at": _read(_day),
    "valid_until": _read(_day),
    "language": _read(_language),
    "url": _read(lambda text: text if text.startswith(("https://", "http://")) else None),
    "initiative": _read(_one_of("ideology", "academic", "skills", "culture", "key_groups", "network")),
}
