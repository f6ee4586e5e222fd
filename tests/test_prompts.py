from pathlib import Path

import pytest

import prompts

FOLDER = Path(prompts.__file__).parent


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.md")), ids=lambda path: path.stem)
def test_every_prompt_renders(path):
    slots = set(prompts._SLOT.findall(path.read_text("utf-8")))
    rendered = prompts.render(path.stem, **{slot: f"<{slot}>" for slot in slots})
    assert all(f"<{slot}>" in rendered.system + rendered.user for slot in slots)
    assert rendered.system
    assert rendered.user


def test_values_pass_through_untouched():
    hostile = "{{question}} {x} $y \\1 \\frac{1}{2}"
    rendered = prompts.render("summary", history=hostile)
    assert hostile in rendered.user


def test_a_missing_and_a_surplus_value_are_refused():
    with pytest.raises(KeyError):
        prompts.render("rewrite", question="q", passages="p")
    with pytest.raises(ValueError, match="surplus"):
        prompts.render("summary", history="h", surplus="s")


def test_who_asks_is_described_to_the_model_and_an_unknown_audience_is_not():
    assert "快递员" in prompts.for_audience("courier")
    assert prompts.for_audience("nobody") == prompts.for_audience(None) == ""
