import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from companion.settings import CompanionSettings
from course_index.parts import index_home
from course_index.settings import IndexSettings
from eval.library import evaluation_index
from retrieval.live import LiveIndex
from tests.conftest import LIBRARY


def test_without_any_setting_it_works_and_no_llm_is_set():
    assert CompanionSettings().llm_base_url is None


def test_the_example_of_settings_has_every_one_of_them():
    example = (Path(__file__).parents[1] / ".env.example").read_text("utf-8")
    listed = re.findall(r"^#COMPANION_(\w+)=", example, re.MULTILINE)
    assert {name.lower() for name in listed} == CompanionSettings.model_fields.keys()


def test_a_mistyped_setting_is_refused_with_the_one_that_was_meant(monkeypatch):
    monkeypatch.setenv("COMPANION_LLM_BASEURL", "http://x/v1")
    with pytest.raises(ValidationError, match="COMPANION_LLM_BASE_URL"):
        CompanionSettings()


@pytest.mark.parametrize(
    ("typed", "meant"), [("DATADIR", "DATA_DIR"), ("CHROMA_ULR", "CHROMA_URL"), ("EMBEDER_MODEL", "EMBEDDER_MODEL")]
)
def test_a_mistyped_setting_is_refused_by_the_builder_too(monkeypatch, typed, meant):
    monkeypatch.setenv(f"COMPANION_{typed}", "x")
    with pytest.raises(ValidationError, match=f"COMPANION_{typed}; did you mean COMPANION_{meant}"):
        IndexSettings()


@pytest.mark.parametrize("name", sorted(CompanionSettings.model_fields.keys() - IndexSettings.model_fields.keys()))
def test_the_builder_takes_no_setting_of_the_service_for_a_mistyped_one(monkeypatch, name):
    monkeypatch.setenv(f"COMPANION_{name.upper()}", "x")
    IndexSettings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LLM_BASE_URL", "file:///etc/passwd"),
        ("LLM_FIRST_TOKEN_SECONDS", "0"),
        ("EMBEDDER", "word2vec"),
        ("EMBEDDER", "openai"),
        ("EMBEDDER_SECONDS", "0"),
        ("RERANKER_PROTOCOL", "grpc"),
        ("CROSS_ENCODER", "bge"),
        ("LLM_ANSWER_SECONDS", "soon"),
    ],
)
def test_values_that_cannot_work_are_refused_by_name_at_start(monkeypatch, name, value):
    monkeypatch.setenv(f"COMPANION_{name}", value)
    with pytest.raises(ValidationError, match=f"(?i){name}"):
        CompanionSettings()


def test_the_key_is_in_no_text_of_the_settings(monkeypatch):
    monkeypatch.setenv("COMPANION_LLM_API_KEY", "sk-very-secret")
    settings = CompanionSettings()
    assert "very-secret" not in f"{settings!r} {settings} {settings.model_dump_json()}"
    assert settings.llm_api_key.get_secret_value() == "sk-very-secret"


def test_a_dotenv_file_is_read(tmp_path):
    (tmp_path / ".env").write_text("COMPANION_LLM_MODEL=from-file\n")
    assert CompanionSettings().llm_model == "from-file"


@pytest.mark.parametrize(
    ("told", "missing"),
    [
        ({"lexical": "postgresql"}, "DATABASE_URL"),
        ({"index_shared": True}, "CHROMA_URL"),
        ({"index_shared": True, "database_url": "postgresql://x/y"}, "CHROMA_URL"),
        ({"chroma_url": "127.0.0.1:8001"}, "http://"),
    ],
)
def test_an_index_on_servers_names_what_it_misses(told, missing):
    with pytest.raises(ValidationError, match=missing):
        CompanionSettings(**told)


def test_an_evaluation_publishes_nothing_of_its_library(tmp_path, embedder):
    public = CompanionSettings(
        data_dir=tmp_path,
        chroma_url="http://127.0.0.1:1",
        database_url="postgresql://127.0.0.1:1/none",
        lexical="postgresql",
        index_shared=True,
    )
    own = evaluation_index(public, [LIBRARY], embedder, lambda *_: None)
    live = LiveIndex(index_home(own), embedder)
    assert live.search.records.counts().courses == 4
    live.close()
