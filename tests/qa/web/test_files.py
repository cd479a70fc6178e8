"""The files sent to the browser, read as text; tests/browser runs them."""

import re
from pathlib import Path

import pytest

from qa.web.page import _SCRIPTS
from qa.web.texts import TEXTS

WEB = Path(__file__).parents[3] / "qa" / "web"
FILES = WEB / "files"
SERVER = "\n".join(
    path.read_text(encoding="utf-8") for path in (*WEB.glob("*.py"), *WEB.glob("templates/*"))
)
ENGLISH = TEXTS["en"]
PAGE = (FILES / "page.html").read_text(encoding="utf-8")
SCRIPT = "\n".join((FILES / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS)


def test_files_name_no_other_host() -> None:
    for file in (*FILES.iterdir(), *WEB.glob("templates/*")):
        content = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "//" not in re.sub(r"(^|\s)//.*", "", content), file.name


def test_page_has_no_placeholder_of_gradio() -> None:
    assert not re.search(r"\$\{|\{\{|`|<script", PAGE)
    assert "</style" not in (FILES / "page.css").read_text(encoding="utf-8")


def test_every_script_file_is_used() -> None:
    assert {path.stem for path in FILES.glob("*.js")} == set(_SCRIPTS)


def test_every_action_of_a_button_is_defined_and_used() -> None:
    acts = re.search(r"const acts = \{(.*?)\n\};", SCRIPT, re.DOTALL)[1]
    defined = {name.strip('"') for name in re.findall(r'^  ("?[\w-]+"?): ', acts, re.MULTILINE)}
    used = set(re.findall(r'data-act"?(?:=|: )"([\w-]+)"', PAGE + SCRIPT + SERVER))
    used |= set(re.findall(r'\b(?:icon_?)?[bB]utton\(\s*["\']([\w-]+)["\']', SCRIPT + SERVER))
    assert defined == used


def test_every_text_of_the_page_and_script_exists() -> None:
    keys = re.findall(r"\[\[([\w.]+)\]\]", PAGE)
    keys += re.findall(r'\btext\(\s*f?"([a-z_]+\.[a-z_]+)"', SCRIPT + SERVER)
    for key in keys:
        section, _, name = key.partition(".")
        assert name in ENGLISH[section], key


def test_every_text_is_used() -> None:
    everything = PAGE + SCRIPT + SERVER
    prefixes = ("one", "many")
    for section, texts in ENGLISH.items():
        for name in texts:
            direct = f"{section}.{name}" in everything or f'"{name}"' in everything
            counted = name.endswith(prefixes) or section in ("confidence", "page", "uploads")
            assert direct or counted, f"{section}.{name}"


@pytest.mark.parametrize("language", TEXTS)
def test_every_language_has_the_texts_and_parts_of_english(language: str) -> None:
    for section, texts in ENGLISH.items():
        translated = TEXTS[language][section]
        assert translated.keys() == texts.keys(), section
        for name, text in texts.items():
            parts, given = (set(re.findall(r"\{\w*\}", one)) for one in (translated[name], text))
            assert parts == given, f"{section}.{name}"
    assert TEXTS[language].keys() == ENGLISH.keys()
    assert len(TEXTS[language]["format"]["months"].split()) == 12
