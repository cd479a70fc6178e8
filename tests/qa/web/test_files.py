"""What the browser is given, read as text; how it works there stands in tests/browser."""

import re
from pathlib import Path

FILES = Path(__file__).parents[3] / "qa" / "web" / "files"


def test_no_other_place_is_named() -> None:
    for file in FILES.iterdir():
        text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "//" not in re.sub(r"(^|\s)//.*", "", text), file.name


def test_the_template_holds_nothing_that_gradio_would_fill_in() -> None:
    template = (FILES / "page.html").read_text(encoding="utf-8")
    assert not re.search(r"\$\{|\{\{|`|<script", template)
    assert "</style" not in (FILES / "chat.css").read_text(encoding="utf-8")


def test_every_act_of_the_page_is_known_to_its_script() -> None:
    script = (FILES / "chat.js").read_text(encoding="utf-8")
    acts = re.search(r"const acts = \{(.*?)\n\};", script, re.DOTALL)[1]
    known = {name.strip('"') for name in re.findall(r'^  ("?[\w-]+"?): ', acts, re.MULTILINE)}
    known |= set(re.search(r"^  (edit, judge.*?),$", acts, re.MULTILINE)[1].split(", "))
    sources = [FILES / "page.html", FILES / "chat.js", *(FILES.parent.glob("*.py"))]
    used = {
        act
        for source in sources
        for act in re.findall(r'data-act"?(?:=|: )"([\w-]+)"', source.read_text(encoding="utf-8"))
    }
    used |= {"only", "remove"}  # their buttons are made in a loop
    used |= set(re.findall(r'sign\("([\w-]+)"', script))
    assert known == used
