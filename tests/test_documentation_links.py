"""What the documentation points at is there: files, and headings in them."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))
FENCED = re.compile(r"```.*?```", re.DOTALL)
LINK = re.compile(r"\]\((?![a-z]+:)([^)#\s]*)#?([^)\s]*)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
WRITTEN = re.compile(r"`|\*|\[([^\]]*)\]\([^)]*\)")


def anchors(page):
    """The names under which a page's headings are linked to, as GitHub and GitLab make them."""
    plain = (WRITTEN.sub(r"\1", heading) for heading in HEADING.findall(FENCED.sub("", page.read_text("utf-8"))))
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in plain}


def test_a_heading_is_linked_to_by_its_words(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# The `check`, [again](a.md)\n```\n# no heading\n```\n", "utf-8")
    assert anchors(page) == {"the-check-again"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page):
    links = LINK.findall(FENCED.sub("", page.read_text("utf-8")))
    dead = []
    for path, anchor in links:
        there = page.parent / path if path else page
        if not there.exists() or (anchor and there.suffix == ".md" and anchor not in anchors(there)):
            dead.append(f"{path}#{anchor}")
    assert dead == []
