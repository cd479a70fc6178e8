from dataclasses import fields
from pathlib import Path

import pytest

from embeddings import ParseOptions, SettingsError
from qa.config import Config


def test_empty_environment_gives_the_defaults() -> None:
    assert Config.load(environment={}) == Config()


def test_flags_override_environment_which_overrides_the_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('index = "file"\nk = 3\nanswers = 4\nmin_score = 1\n')
    environment = {"QA_INDEX": "environment", "QA_K": "5", "PATH": "elsewhere"}
    config = Config.load(file, environment=environment, flags={"index": "flag", "reader": None})
    assert (config.index, config.k, config.answers) == ("flag", 5, 4)
    assert config.min_score == 1.0


def test_settings_file_in_the_working_directory_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "qa.toml").write_text("k = 7\n")
    assert Config.load(environment={}).k == 7


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("kk = 3", "Unknown setting 'kk'"),
        ("kk = 3", "Settings: 'answers', 'chunk_words', "),
        ("k = 'many'", "must be of type int"),
        ("k = 2.5", "must be of type int"),
        ("k = true", "must be of type int"),
        ("k = 0", "k must be 1 or more"),
        ("min_score = 2", "min_score must be between 0 and 1"),
        ("k = ", "cannot be read"),
    ],
)
def test_invalid_setting_raises_settings_error(
    tmp_path: Path, content: str, complaint: str
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(content)
    with pytest.raises(SettingsError, match=complaint):
        Config.load(file, environment={})


def test_every_limit_of_parsing_is_a_setting() -> None:
    limits = {field.name: number for number, field in enumerate(fields(ParseOptions), start=5)}
    del limits["fields"], limits["ocr"]
    environment = {f"QA_{name.upper()}": str(limit) for name, limit in limits.items()}
    assert Config.load(environment=environment).parse_options == ParseOptions(**limits)
    assert Config().parse_options == ParseOptions()


@pytest.mark.parametrize(("value", "expected"), [("true", True), ("1", True), ("False", False)])
def test_ocr_is_a_setting(value: str, expected: bool) -> None:
    assert Config.load(environment={"QA_OCR": value}).parse_options.ocr is expected
    with pytest.raises(SettingsError, match="must be of type bool"):
        Config.load(environment={"QA_OCR": "maybe"})


def test_missing_settings_file_raises_settings_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        Config.load(tmp_path / "missing.toml", environment={})


def test_files_of_an_index_are_in_its_folder_or_in_one_named_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Config(index="my-index").file_beside_index("x") == Path("my-index/x")
    assert list(tmp_path.iterdir()) == []
    for index, folder in [
        ("milvus:data/news.db", ".qa-data-news-db"),
        ("https://host:19530/news", ".qa-host-19530-news"),
    ]:
        assert Config(index=index).file_beside_index("x") == Path(folder, "x")
        assert (tmp_path / folder).is_dir()
