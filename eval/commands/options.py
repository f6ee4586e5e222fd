"""The options that commands share."""

from pathlib import Path
from typing import Annotated

import typer

from eval.stages import STAGES

BaseUrl = Annotated[str | None, typer.Option(help="A deployment of ours, asked over HTTP.", metavar="URL")]
Token = Annotated[
    str | None,
    typer.Option(
        envvar="EVALUATION_TOKEN",
        help="For a deployment that asks who is there: sent to --base-url as Authorization: Bearer.",
    ),
]
ChatUrl = Annotated[str | None, typer.Option(help="An OpenAI-compatible chat endpoint, asked bare.", metavar="URL")]
ChatModel = Annotated[str, typer.Option(help="The model's name at --chat-url and for --chain.")]
Chain = Annotated[bool, typer.Option(help="A plain LangChain retrieval chain over our index and --chat-url.")]
Data = Annotated[
    Path | None,
    typer.Option(
        help="A folder with <suite>*.jsonl cases of your own and, in library/, the courses they are about; for "
        "retrieval also a data set such as BEIR's, SQuAD's or DuReader's, for recommend a table of occupations with "
        "their other names or of courses with their difficulty. Without it: the cases that ship.",
        metavar="PATH",
    ),
]
Limit = Annotated[int | None, typer.Option(min=1, help="So many cases a suite at most, drawn evenly over kinds.")]
Report = Annotated[
    Path | None,
    typer.Option(help="Where runs are kept; without it in evaluation/runs of the data folder.", metavar="DIR"),
]
Name = Annotated[str | None, typer.Option("--run", help="The run's name; one that was broken off is taken up again.")]
Repeat = Annotated[int, typer.Option(min=1, max=20, help="Ask everything so many times, to see the noise.")]
Seed = Annotated[int, typer.Option(help="What --limit draws by.")]
AtOnce = Annotated[int, typer.Option(min=1, max=64, help="How many cases are asked at the same time.")]
JudgeUrl = Annotated[str | None, typer.Option(help="An OpenAI-compatible endpoint that grades replies.", metavar="URL")]
JudgeModel = Annotated[str, typer.Option(help="The judge's name at --judge-url.")]
Gate = Annotated[bool, typer.Option(help="Fail when a figure falls below the last accepted run less its noise.")]
Ablate = Annotated[bool, typer.Option(help=f"Of retrieval, each stage by itself: {', '.join(STAGES)}.")]
