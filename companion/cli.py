"""`companion`: the tutor in a terminal."""

import asyncio
import os
import sys
import uuid
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape

from companion.build import build, make_state, state_closed
from companion.events import Aigc, CoursesFound, Done, Failed, Source, SourcesFound, TextAdded
from companion.heard import Ask, Style
from companion.settings import CompanionSettings
from companion.state.database import StateUnavailable
from companion.state.state import State
from companion.turn import Companion
from course_index.errors import IndexProblem
from course_index.settings import explain as explain_settings

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="The tutor in a terminal."
)
_out, _err = Console(soft_wrap=True, highlight=False), Console(stderr=True, highlight=False)

_AUDIENCE = Annotated[str | None, typer.Option(help="Who asks: courier, senior, farmer, child, worker, youth.")]
_STYLE = Annotated[Style, typer.Option(help="answer, hint, quiz or plan.")]


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="A question, or what you would like to learn.")],
    audience: _AUDIENCE = None,
    style: _STYLE = "answer",
) -> None:
    """Ask one question."""
    asyncio.run(_turn(_companion(), _asked(question, str(uuid.uuid4()), audience, style)))


@app.command()
def chat(audience: _AUDIENCE = None, style: _STYLE = "answer") -> None:
    """Ask one question after another, in one conversation; an empty line or Ctrl-D ends."""
    companion = _companion()
    conversation_id = str(uuid.uuid4())
    while True:
        try:
            question = input("? ").strip()
        except (EOFError, KeyboardInterrupt):
            question = ""
        if not question:
            return
        asyncio.run(_turn(companion, _asked(question, conversation_id, audience, style)))


def _companion() -> Companion:
    try:
        settings = CompanionSettings()
        companion = build(settings, state=_state(settings))
        companion.index.refresh()
    except (IndexProblem, ValidationError) as error:
        _err.print(f"[red]companion:[/] {explain(error)}")
        sys.exit(2)
    return companion


def _state(settings: CompanionSettings) -> State:
    try:
        state = make_state(settings)
        state.sweep()
    except (StateUnavailable, OSError) as error:
        _err.print(f"[red]companion:[/] {escape(state_closed(settings, error))}")
        sys.exit(2)
    return state


def explain(error: Exception) -> str:
    """The error in a sentence, without the values of settings."""
    if isinstance(error, ValidationError):
        return explain_settings(error)
    return str(error)


def _asked(question: str, conversation_id: str, audience: str | None, style: Style) -> Ask:
    locale = os.environ.get("LANG", "").split(".")[0].replace("_", "-")
    return Ask(question, conversation_id, locale, audience, style)


async def _turn(companion: Companion, asked: Ask) -> None:
    sources: tuple[Source, ...] = ()
    async for event in companion.reply(asked):
        match event:
            case SourcesFound():
                sources = event.sources
            case CoursesFound():
                for card in event.courses:
                    sample = " [dim](示例数据 sample)[/]" if card.sample else ""
                    _out.print(f"• [bold]{_safe(card.title)}[/]{sample}: {_safe(card.reason)} [dim]{card.course_id}[/]")
            case TextAdded():
                _out.print(_safe(event.text), end="")
            case Failed():
                _err.print(f"[red]{event.title}:[/] {_safe(event.detail)}")
            case Done():
                _print_end(event, sources)
    await companion.remembering.settle()


def _print_end(done: Done, sources: tuple[Source, ...]) -> None:
    _out.print()
    for source in sources:
        if source.n in done.cited:
            as_of = f", {source.as_of}" if source.as_of else ""
            place = f"{source.course_title} / {source.lesson_title} / {source.locator}{as_of}"
            _out.print(f"[cyan]\\[{source.n}][/] {_safe(place)} [dim]{source.passage_id}[/]")
    label = f" · {done.aigc.notice}" if isinstance(done.aigc, Aigc) else ""
    why = f" · {done.fallback.reason}" if done.fallback else ""
    _out.print(f"[dim]{done.mode}{why}{label} · {done.timing_ms['total']:.0f} ms[/]")


def _safe(text: str) -> str:
    """Course text may hold brackets and control characters: neither may steer the terminal."""
    printable = "".join(character for character in text if character == "\n" or character.isprintable())
    return printable.replace("[", "\\[")


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
