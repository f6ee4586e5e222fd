"""This project as a later version will have it: the same code, and one migration more."""

import shutil
from pathlib import Path

ROOT = Path(__file__).parent.parent
LATER = "9001"
_HEAD = '''"""What a later version adds."""

import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = {before!r}

'''

_AN_INDEX = 'Index("ix_turns_asked", "asked_at"),'


def later_version(folder: Path, migration: str, index: str = "") -> Path:
    """Puts it into an empty folder; `migration` is the text of its `upgrade` and `downgrade`, `index` of one more of
    the turns.
    """
    for part in ROOT.iterdir():
        if part.is_dir() and (part / "__init__.py").exists() and part.name != "companion":
            (folder / part.name).symlink_to(part)
    shutil.copy(ROOT / "api.py", folder)
    shutil.copytree(ROOT / "companion", folder / "companion", ignore=shutil.ignore_patterns("__pycache__"))
    tables = folder / "companion" / "state" / "tables.py"
    tables.write_text(tables.read_text("utf-8").replace(_AN_INDEX, f"{_AN_INDEX} {index}"), "utf-8")
    versions = folder / "companion" / "state" / "migrations" / "versions"
    before = max(file.name[:4] for file in versions.glob("[0-9]*.py"))
    (versions / f"{LATER}_later.py").write_text(_HEAD.format(before=before) + migration, "utf-8")
    return folder
