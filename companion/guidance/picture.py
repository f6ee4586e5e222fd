"""A pathway as a picture: an SVG that needs no script, and Mermaid for those who draw it themselves."""

from datetime import date, timedelta
from html import escape

from companion.guidance.pathway import Pathway, Step
from companion.guidance.sayings import sayings
from companion.words import Locale

_WIDE, _ROW, _TOP, _LEFT = 760, 64, 44, 16
_CARD = 340
_ALONE, _SESSION, _DONE = "#2f6f8f", "#b4602b", "#6b7a80"
_LONGEST_TITLE = 22


def svg(path: Pathway, locale: Locale) -> str:
    """The steps from top to bottom, each with its facts, and beside them when they are; readable without colour."""
    say = sayings(locale)
    first, last = _span(path)
    rows = [_row(number, step, first, last, locale) for number, step in enumerate(path.steps)]
    height = _TOP + _ROW * len(rows) + 24
    title = escape(path.goal.title or say.path_intro_plain.format(len(path.steps)))
    axis = ""
    if first and last:
        axis = (
            f'<text x="{_LEFT + _CARD + 24}" y="26" class="small">{first.isoformat()}</text>'
            f'<text x="{_WIDE - 16}" y="26" class="small" text-anchor="end">{last.isoformat()}</text>'
        )
    arrows = "".join(
        f'<path d="M{_LEFT + 20} {_TOP + _ROW * at + 54} v10" class="line" marker-end="url(#next)"/>'
        for at in range(len(rows) - 1)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {height}" role="img" aria-label="{title}">'
        f"<title>{title}</title>"
        "<style>text{font-family:system-ui,'Noto Sans CJK SC',sans-serif;"
        "font-size:15px;fill:#1d2a30}"
        ".small{font-size:12px;fill:#43525a}.line{stroke:#43525a;fill:none;stroke-width:1.5}"
        ".card{fill:#f4f7f8;stroke:#c3ced3}</style>"
        '<defs><marker id="next" viewBox="0 0 8 8" refX="4" refY="4" markerWidth="6" markerHeight="6" orient="auto">'
        '<path d="M0 0 L8 4 L0 8 z" fill="#43525a"/></marker></defs>'
        f'<rect width="{_WIDE}" height="{height}" fill="#ffffff"/>'
        f'<text x="{_LEFT}" y="26">{escape(_short(path.goal.title or "", 30))}</text>{axis}{"".join(rows)}{arrows}</svg>'  # noqa: E501
    )


def mermaid(path: Pathway, locale: Locale) -> str:
    """A Gantt chart where there are dates, else a flowchart of what comes after what."""
    say = sayings(locale)
    if path.ends:
        lines = ["gantt", "  dateFormat YYYY-MM-DD", f"  title {_bare(path.goal.title) or '-'}"]
        for number, step in enumerate(path.steps, 1):
            if step.begins and step.ends:
                after = step.ends + timedelta(days=1)
                lines.append(f"  {_bare(step.course.title)} :s{number}, {step.begins}, {after}")
        return "\n".join(lines)
    number_of = {step.course.id: number for number, step in enumerate(path.steps, 1)}
    lines = ["flowchart TD"]
    for number, step in enumerate(path.steps, 1):
        hours = f"<br/>{say.path_hours.format(f'{step.course.hours:g}')}" if step.course.hours is not None else ""
        lines.append(f'  s{number}["{_bare(step.course.title)}{hours}"]')
        before = [number_of[id_] for id_ in step.after if id_ in number_of]
        lines += [f"  s{one} --> s{number}" for one in before]
    return "\n".join(lines)


def _row(number: int, step: Step, first: date | None, last: date | None, locale: Locale) -> str:
    say, course, top = sayings(locale), step.course, _TOP + _ROW * number
    facts = [
        say.path_done if step.done else say.path_again if step.again else "",
        say.path_hours.format(f"{course.hours:g}") if course.hours is not None else "",
        say.path_level.format(course.level) if course.level is not None else "",
        say.path_credits.format(f"{course.credits:g}") if course.credits is not None else "",
    ]
    told = escape(" · ".join(filter(None, facts)))
    name = escape(f"{number + 1}. {_short(course.title, _LONGEST_TITLE)}")
    card = (
        f'<rect x="{_LEFT}" y="{top}" width="{_CARD}" height="52" rx="8" class="card"/>'
        f'<text x="{_LEFT + 12}" y="{top + 22}">{name}</text>'
        f'<text x="{_LEFT + 12}" y="{top + 42}" class="small">{told}</text>'
    )
    if not (first and last and step.begins and step.ends):
        return card
    days = max(1, (last - first).days)
    width = _WIDE - _LEFT - _CARD - 40
    x = _LEFT + _CARD + 24 + width * (step.begins - first).days / days
    long = max(6.0, width * ((step.ends - step.begins).days + 1) / days)
    held = step.session is not None and step.session.offering.start == step.begins
    colour = _DONE if step.done else _SESSION if held else _ALONE
    dates = f"{step.begins:%m-%d} – {step.ends:%m-%d}"
    if held and step.session and (place := step.session.offering.district or step.session.offering.city):
        dates += f" · {escape(say.path_session.format(_short(place, 8)))}"
    before_end = x + 190 > _WIDE
    anchor, at = ("end", _WIDE - 16.0) if before_end else ("start", x)
    return (
        f'{card}<rect x="{x:.1f}" y="{top + 12}" width="{min(long, _WIDE - 16 - x):.1f}" height="14" rx="4" fill="{colour}"/>'  # noqa: E501
        f'<text x="{at:.1f}" y="{top + 44}" class="small" text-anchor="{anchor}">{dates}</text>'
    )


def _span(path: Pathway) -> tuple[date | None, date | None]:
    begins = [step.begins for step in path.steps if step.begins]
    ends = [step.ends for step in path.steps if step.ends]
    return (min(begins), max(ends)) if begins and ends else (None, None)


def _short(text: str, longest: int) -> str:
    """By width: a Latin letter is half as wide as a Chinese one."""
    width, kept = 0.0, ""
    for letter in text:
        width += 0.55 if ord(letter) < 0x2E80 else 1.0
        if width > longest:
            return f"{kept}…"
        kept += letter
    return kept


def _bare(text: str) -> str:
    """Without what Mermaid reads as its own."""
    return "".join(" " if letter in '":;#[]{}()<>|`\n' else letter for letter in text).strip()
