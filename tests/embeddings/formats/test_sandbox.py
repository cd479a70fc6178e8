import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from embeddings.errors import DocumentError, EmptyDocumentError, IncompleteFileError
from embeddings.files import find_files, read_file
from embeddings.formats import sandbox
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.records import Fields
from embeddings.formats.sandbox import SandboxProcess, parse_in_sandbox


def parse_one(path, **settings):
    (document,) = parse_in_sandbox(path, ParseOptions(**settings))
    return document


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "page.html"
    path.write_text('<title>Talks</title><meta name="date" content="2020-09-16"><p>They met.')
    return path


def test_prepared_process_parses_the_next_file(page, monkeypatch) -> None:
    monkeypatch.setattr(sandbox, "_idle", [])
    sandbox.prepare_sandbox()
    sandbox.prepare_sandbox()
    [process] = sandbox._idle
    assert parse_one(page).text == "They met."
    assert sandbox._idle == [process]
    process.end()


SLOW_PROGRAM = """
import json, sys, time; sys.path[:] = json.loads(sys.argv[1])
from embeddings.formats import sandbox_worker
parse = sandbox_worker.parse
def slowly(path, options):
    for document in parse(path, options):
        time.sleep(float(document.metadata.get("pause", 0)))
        yield document
sandbox_worker.parse = slowly
sandbox_worker.main()
"""


@pytest.fixture
def slow(tmp_path, monkeypatch):
    """Give a file of two rows, and a running sandbox that takes 30 seconds for each."""
    process = SandboxProcess(SLOW_PROGRAM)
    monkeypatch.setattr(sandbox, "_idle", [process])
    path = tmp_path / "rows.csv"
    path.write_text("text\nThey met.\n")
    parse_one(path)
    path.write_text("text,pause\nThey met.,30\nThey left.,30\n")
    yield path
    for each in (process, *sandbox._idle):
        each.end()


def test_file_that_takes_too_long_is_stopped_and_the_next_one_parsed(slow, page):
    began = time.monotonic()
    with pytest.raises(DocumentError, match=r"took longer than 0\.5 s to read; raise max_file_sec"):
        parse_one(slow, max_file_seconds=0.5)
    assert time.monotonic() - began < 25
    assert parse_one(page).text == "They met."


def test_time_limit_counts_the_parsing_of_all_documents(slow, monkeypatch):
    slow.write_text("text,pause\nThey met.,0\nThey left.,30\n")
    hours = SimpleNamespace(monotonic=count(step=3600).__next__)
    monkeypatch.setattr(sandbox, "time", hours)  # the first row seems to take an hour
    documents = parse_in_sandbox(slow, ParseOptions(max_file_seconds=60))
    assert next(documents).text == "They met."
    with pytest.raises(DocumentError, match="took longer than 60 s"):
        next(documents)


def test_time_between_documents_does_not_count(slow, monkeypatch):
    slow.write_text("text,pause\nThey met.,0\nThey left.,0\n")
    now = 0.0
    monkeypatch.setattr(sandbox, "time", SimpleNamespace(monotonic=lambda: now))
    documents = parse_in_sandbox(slow, ParseOptions(max_file_seconds=60))
    assert next(documents).text == "They met."
    now += 3600
    assert [document.text for document in documents] == ["They left."]


def test_caller_that_stops_early_leaves_no_process_behind(slow):
    slow.write_text("text,pause\nThey met.,0\nThey left.,30\n")
    documents = parse_in_sandbox(slow, ParseOptions())
    (process,) = sandbox._idle
    next(documents)
    documents.close()
    assert sandbox._idle == []
    assert not process.is_alive


def test_file_that_takes_too_much_memory_is_stopped_and_the_next_one_parsed(tmp_path, page):
    path = tmp_path / "large.html"
    path.write_bytes(b"x" * 60_000_000)
    with pytest.raises(DocumentError, match="not enough memory"):
        parse_one(path, max_file_memory_bytes=300_000_000)
    assert parse_one(page).text == "They met."


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "ended .SIGSEGV"),
        ("import os; os.abort()", "ended .SIGABRT, usually because there was not enough memory"),
        ("input(); raise SystemExit(3)", "ended .exit code 3"),
        ("input(); print('{', end='', flush=True)", "ended .exit code 0"),
    ],
)
def test_process_that_dies_raises_document_error(program, message):
    process = SandboxProcess(program)
    process.send({})
    with pytest.raises(DocumentError, match=message):
        process.receive(60, 60)
    process.end()


def test_temporary_files_are_removed_with_the_process():
    program = "import tempfile; print('\"' + tempfile.mkdtemp() + '\"', flush=True); input()"
    process = SandboxProcess(program)
    folder = Path(process.receive(60, 60))
    assert folder.is_dir()
    process.end()
    assert not folder.exists()
    assert not folder.parent.exists()


def test_process_that_was_killed_while_idle_is_replaced(page):
    parse_one(page)
    for process in sandbox._idle:
        os.kill(process.pid, signal.SIGKILL)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert parse_one(page).text == "They met."


def test_document_arrives_complete(page, tmp_path):
    document = parse_one(page)
    assert (document.title, str(document.date)) == ("Talks", "2020-09-16")
    path = tmp_path / os.fsdecode(b"caf\xe9.md")
    path.write_text("---\nstars: 4\nratio: 0.5\ndraft: true\n---\nשלום 😀 e\u0301 \u2028 \x85\n")
    document = parse_one(path)
    assert document.text == path.read_text()
    assert document.metadata == {"stars": 4, "ratio": 0.5, "draft": True}


def test_fields_and_row_ids_pass_through_the_sandbox(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("lead,id\nThey met.,x\nThey left.,y\n")
    documents = parse_in_sandbox(path, ParseOptions(fields=Fields(text="lead")))
    assert [(document.id, document.text) for document in documents] == [
        ("#x", "They met."),
        ("#y", "They left."),
    ]


def test_file_without_text_raises_empty_document_error(tmp_path):
    path = tmp_path / "a.html"
    path.write_text("<p> </p>")
    with pytest.raises(EmptyDocumentError, match="is empty"):
        parse_one(path)


def test_unusable_row_raises_incomplete_file_error_after_the_others(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "They met."}\n{\n{"text": "They left."}\n')
    documents = parse_in_sandbox(path, ParseOptions())
    assert [next(documents).text, next(documents).text] == ["They met.", "They left."]
    with pytest.raises(IncompleteFileError, match="line 2"):
        next(documents)


def test_threads_parse_in_parallel(tmp_path):
    for number in range(40):
        (tmp_path / f"{number}.html").write_text(f"<p>This is page {number}.")
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda file: [*read_file(file)], find_files(tmp_path).files))
    assert len(found) == 40
    for [each] in found:
        assert each.text == f"This is page {each.id.removesuffix('.html')}."


PARSE = """
import pathlib, os, sys, time
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.sandbox import parse_in_sandbox
list(parse_in_sandbox(pathlib.Path(sys.argv[1]), ParseOptions(max_file_seconds=60)))
"""


def run(program, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_sandbox_ends_when_its_parent_is_killed(page):
    parent = run(PARSE + "print('parsed', flush=True); time.sleep(60)", page)
    assert parent.stdout.readline() == "parsed\n"
    parent.kill()
    # The end of the output comes when both processes are gone.
    assert parent.communicate(timeout=60) == ("", "")


def test_busy_sandbox_ends_soon_after_its_parent_is_killed(slow):
    slow.write_text("text,pause\nThey met.,60\n")
    program = PARSE.replace("seconds=60", "seconds=1").replace(
        "list(",
        "from embeddings.formats import sandbox\n"
        f"sandbox._idle.append(sandbox.SandboxProcess({SLOW_PROGRAM!r}))\n"
        "import threading; threading.Timer(0.5, os.abort).start()\nlist(",
    )
    parent = run(program, slow)
    began = time.monotonic()
    parent.communicate(timeout=60)
    assert parent.returncode < 0
    assert time.monotonic() - began < 30


def test_fork_does_not_use_the_sandboxes_of_its_parent(page):
    parent = run(
        PARSE + "from embeddings.formats import sandbox\n"
        "fork = os.fork()\n"
        "if not fork: os._exit(len(sandbox._idle))\n"
        "print(len(sandbox._idle), os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1]))",
        page,
    )
    assert parent.communicate(timeout=60) == ("1 0\n", "")


def test_worker_loads_neither_stores_nor_models(page):
    worker = run(
        "import pathlib, sys\n"
        "from embeddings.formats.parse_options import ParseOptions\n"
        "from embeddings.formats.sandbox_worker import parse\n"
        "list(parse(pathlib.Path(sys.argv[1]), ParseOptions()))\n"
        'print({"faiss", "onnxruntime", "tantivy", "sqlite3"} & set(sys.modules))',
        page,
    )
    assert worker.communicate(timeout=60)[0] == "set()\n"
