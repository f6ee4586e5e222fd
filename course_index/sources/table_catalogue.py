"""A table of courses (CSV, Excel, a JSON list) as catalogue records, by the headings of its columns."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from course_index.errors import SourceProblem
from course_index.record import CourseRecord
from course_index.sources.package import Wishes, course_id
from course_index.sources.spreadsheet import read_rows

# What a heading says without an operator's mapping; compared without case, blanks and what stands in brackets.
_HEADINGS = {
    "id": "id code courseid coursecode identifier 编号 课程编号 课程编码 课程代码 课程id 編號 課程編號",
    "title": "title name coursename coursetitle 课程名称 课程名 名称 标题 课程 課程名稱 名稱 課程",
    "provider": (
        "provider university courseorganization organization organisation school institution 提供机构 机构 "
        "学校 开课学校 开课机构 开课单位 开设单位 主办单位 單位 學校 机构名称"
    ),
    "summary": "summary description coursedescription abstract 简介 课程简介 介绍 课程介绍 内容简介 簡介",
    "language": "language lang 语言 授课语言",
    "subjects": "subjects subject category categories topic topics 学科 分类 类别 课程分类 课程类别 主题",
    "skills": "skills skill 技能",
    "occupations": "occupations occupation 职业 工种",
    "audience": "audience 适用人群 适合人群 对象 培训对象 受众",
    "initiative": "initiative",
    "level": "level 等级 级别",
    "hours": "hours duration 学时 课时 学时数",
    "credits": "credits credit 学分",
    "price": "price fee 价格 费用 学费 收费",
    "delivery": "delivery mode 授课方式 教学方式 学习方式 形式",
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
_NUMBER = re.compile(r"^\D{0,3}(\d+(?:\.\d+)?)\s*(?:小时|学时|课时|学分|元|hours?|h|级)?$", re.IGNORECASE)
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


def records_of(path: Path, wishes: Wishes) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each row as an unchecked record with where it stands. Raises SourceProblem when the table is no catalogue."""
    columns: dict[str, str] | None = None
    for number, row in read_rows(path):
        if columns is None:
            columns = columns_of(list(row), wishes)
            if "title" not in columns.values():
                heads = ", ".join(list(row)[:12])
                raise SourceProblem(f"no column is a course's title; map its columns ({heads}) in a sources file")
        yield f"{path}:{number}", record_of(row, columns, wishes)


def record_of(row: dict[str, Any], columns: dict[str, str], wishes: Wishes) -> dict[str, Any]:
    """A row as an unchecked record. What a cell does not plainly say stays unknown."""
    record: dict[str, Any] = {}
    for column, field in columns.items():
        value = _value(field, row.get(column))
        if value not in (None, "", []):
            record[field] = value
    if wishes.provider:
        record.setdefault("provider", wishes.provider)
    if "title" in record:
        record["id"] = course_id(str(record.get("id") or f"{record.get('provider', '')}-{record['title']}"))
    return record


def _value(field: str, cell: Any) -> Any:
    """What a cell says, in the form of the record; None for what it does not plainly say."""
    if cell is None:
        return None
    if field in _LISTS:
        parts = cell if isinstance(cell, list) else re.split(r"[;；、,，|\n]", str(cell))
        return [str(part).strip()[:200] for part in parts if str(part).strip()]
    text = (", ".join(map(str, cell)) if isinstance(cell, list) else str(cell)).strip()
    return _READ[field](text) if field in _READ else text[:4_000]


def _number(text: str) -> float | None:
    found = _NUMBER.match(text)
    return float(found[1]) if found and float(found[1]) > 0 else None


def _price(text: str) -> dict[str, float] | None:
    if text.lower() in _FREE:
        return {"amount": 0}
    found = _NUMBER.match(text)
    return {"amount": float(found[1])} if found else None


def _day(text: str) -> str | None:
    found = re.match(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})", text)
    return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}" if found else None


def _language(text: str) -> str | None:
    if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", text):
        return text
    return {"中文": "zh", "汉语": "zh", "普通话": "zh", "英文": "en", "英语": "en"}.get(text)


def _one_of(*allowed: str) -> Callable[[str], str | None]:
    return lambda text: text if text in allowed else None


_READ: dict[str, Callable[[str], Any]] = {
    "hours": _number,
    "credits": _number,
    "price": _price,
    "level": lambda text: int(text) if re.fullmatch(r"[1-7]", text) else None,
    "delivery": lambda text: _DELIVERY.get(text, _one_of("online", "offline", "blended")(text)),
    "updated_at": _day,
    "valid_until": _day,
    "language": _language,
    "url": lambda text: text if text.startswith(("https://", "http://")) else None,
    "initiative": _one_of("ideology", "academic", "skills", "culture", "key_groups", "network"),
}
