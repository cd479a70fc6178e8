import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from embeddings.formats import sandbox
from embeddings.files import find_files, read_file
from embeddings.errors import DocumentError
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.sandbox import Child, read_apart


@pytest.fixture
def endless(tmp_path):
    """Whoever opens this waits for a writer that never comes."""
    path = tmp_path / "endless.html"
    os.mkfifo(path)
    return path


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "page.html"
    path.write_text('<title>Talks</title><meta name="date" content="2020-09-16"><p>They met.')
    return path


def test_a_file_that_takes_too_long_is_given_up_and_the_next_one_is_read(endless, page):
    began = time.monotonic()
    with pytest.raises(DocumentError, match=r"took longer than 0\.5 s to read; raise max_file_sec"):
        read_apart(endless, "HTML", ParseOptions(max_file_seconds=0.5))
    assert time.monotonic() - began < 5
    assert read_apart(page, "HTML", ParseOptions()).text == "They met."


def test_a_file_that_takes_too_much_memory_is_given_up_and_the_next_one_is_read(tmp_path, page):
    path = tmp_path / "large.html"
    path.write_bytes(b"x" * 60_000_000)
    with pytest.raises(DocumentError, match="not enough memory"):
        read_apart(path, "HTML", ParseOptions(max_file_memory_bytes=300_000_000))
    assert read_apart(page, "HTML", ParseOptions()).text == "They met."


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "ended .SIGSEGV"),
        ("input(); raise SystemExit(3)", "ended .exit code 3"),
        ("input(); print('{', end='', flush=True)", "ended .exit code 0"),
    ],
)
def test_a_process_that_dies_is_an_error_of_the_file(program, message):
    child = Child(program)
    with pytest.raises(DocumentError, match=message):
        child.ask({}, 60)
    child.end()


def test_a_process_that_was_ended_while_it_waited_is_replaced(page):
    read_apart(page, "HTML", ParseOptions())
    for child in sandbox._idle:
        os.kill(child.pid, signal.SIGKILL)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert read_apart(page, "HTML", ParseOptions()).text == "They met."


def test_a_document_comes_over_whole(page, tmp_path):
    document = read_apart(page, "HTML", ParseOptions())
    assert (document.title, str(document.date)) == ("Talks", "2020-09-16")
    path = tmp_path / os.fsdecode(b"caf\xe9.md")
    path.write_text("---\nstars: 4\nratio: 0.5\ndraft: true\n---\nשלום 😀 e\u0301 \u2028 \x85\n")
    document = read_apart(path, "Markdown", ParseOptions())
    assert document.text == path.read_text()
    assert document.metadata == {"stars": 4, "ratio": 0.5, "draft": True}


def test_threads_read_side_by_side(tmp_path):
    for number in range(40):
        (tmp_path / f"{number}.html").write_text(f"<p>This is page {number}.")
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda file: next(read_file(file)), find_files(tmp_path)))
    assert len(found) == 40
    assert all(each.text == f"This is page {each.id.removesuffix('.html')}." for each in found)


READ = """
import pathlib, os, sys, time
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.sandbox import read_apart
read_apart(pathlib.Path(sys.argv[1]), "HTML", ParseOptions(max_file_seconds=0.5))
"""


def run(program, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_no_process_stays_when_the_one_that_asked_is_killed(page):
    asking = run(READ.replace("0.5", "60") + "print('read', flush=True); time.sleep(60)", page)
    assert asking.stdout.readline() == "read\n"
    asking.kill()
    # The end of what both can write to comes when both are gone.
    assert asking.communicate(timeout=10) == ("", "")


def test_no_process_stays_with_an_endless_file_when_the_one_that_asked_is_killed(endless):
    asking = run(
        READ.replace("0.5", "1").replace(
            "read_apart(path",
            "import threading; threading.Timer(0.5, os.abort).start()\nread_apart(path",
        ),
        endless,
    )
    began = time.monotonic()
    asking.communicate(timeout=30)
    assert asking.returncode < 0
    assert time.monotonic() - began < 15


def test_a_forked_process_does_not_talk_into_the_pipes_of_its_parent(page):
    asking = run(
        READ.replace("0.5", "60") + "from embeddings.formats import sandbox\n"
        "fork = os.fork()\n"
        "if not fork: os._exit(len(sandbox._idle))\n"
        "print(len(sandbox._idle), os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1]))",
        page,
    )
    assert asking.communicate(timeout=30) == ("1 0\n", "")


def test_the_process_that_reads_loads_neither_stores_nor_models(page):
    program = READ.partition("read_apart(")[0].replace(
        "embeddings.formats.sandbox", "embeddings.formats.sandbox_worker"
    )
    asking = run(
        program.replace("read_apart", "read")
        + 'read(pathlib.Path(sys.argv[1]), "HTML", ParseOptions())\n'
        + 'print({"faiss", "onnxruntime", "tantivy", "sqlite3"} & set(sys.modules))',
        page,
    )
    assert asking.communicate(timeout=30)[0] == "set()\n"
