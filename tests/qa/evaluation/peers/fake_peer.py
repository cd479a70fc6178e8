"""A system that answers every question with the first word of the first text."""

import json
import sys


def indexer(models, folder):
    folder.mkdir()

    def index(texts):
        sys.stdout.write("what a library prints\n")
        (folder / "texts.json").write_text(json.dumps([*texts, models.name]))

    return index


def opened(models, folder):
    texts = json.loads((folder / "texts.json").read_text())

    def ask(question):
        if question == "Who fails?":
            raise ValueError("no such question")
        word = texts[0].split()[0]
        return {"given": None if "not" in question else word, "best": word}

    return ask
