from companion.settings import CompanionSettings
from course_index.store.generations import IndexHome
from eval.library import evaluation_index


def test_an_evaluation_is_asked_of_its_own_libraries_alone(tmp_path, embedder):
    for name in ("first", "second", "third"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "lesson.md").write_text(f"# {name}\n\nWhat the library called {name} says.\n", "utf-8")
    settings = CompanionSettings(data_dir=tmp_path / "data")

    def indexed(*names):
        evaluation_index(settings, [tmp_path / name for name in names], embedder, lambda *_: None)
        generation = IndexHome(tmp_path / "data" / "evaluation").open_current()
        titles = {course.title for course in generation.records.courses([*generation.records.sources()]).values()}
        generation.close()
        return titles

    assert indexed("first", "second") == {"first", "second"}
    (tmp_path / "first" / "lesson.md").unlink()
    assert indexed("third", "second") == {"third", "second"}
