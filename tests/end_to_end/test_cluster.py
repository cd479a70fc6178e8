"""A Ray cluster of several nodes on this machine, some of which are killed during the work.

With `-m "" --losses 2`, all initial nodes are killed one after the other. Run as a program, this
file runs such a cluster, and kills and adds nodes as its input says.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import pytest

from embeddings import Index, IndexCatalog
from qa import Assistant
from tests.end_to_end.test_killed_indexing import results, texts_in, write_corpus
from tests.qa.cli.test_serve import ROOT, asked, served

pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")

QUESTIONS = [f"Which ship did harbour {n} receive the 2th cargo from?" for n in range(3, 8)]


class Nodes:
    """The cluster's node processes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.address = self._read()

    def lose_oldest(self) -> None:
        """Kill the oldest node with all its processes."""
        self._send("lose")

    def add(self) -> None:
        """Start another node."""
        self._send("add")

    def _send(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        assert self._read() == word

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    process = subprocess.Popen(
        [sys.executable, __file__],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with process:
        yield Nodes(process)
        process.stdin.close()  # which ends it


def report(process: subprocess.Popen[str], *, exit_code: int = 0) -> dict[str, object]:
    output, errors = process.communicate()
    assert process.returncode == exit_code, errors
    return json.loads(output)


def indexing(corpus: Path, place: Path, *flags: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "qa", "index", str(corpus), "--index", str(place), "--json", *flags],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def stored(place: Path) -> int:
    if not Index.is_at(place):
        return 0
    with IndexCatalog.open(place) as index:
        return index.document_count


def test_cluster_that_loses_a_node_builds_the_index_of_one_process(
    nodes: Nodes, tmp_path: Path
) -> None:
    corpus, place, other = tmp_path / "corpus", tmp_path / "index", tmp_path / "other"
    texts = write_corpus(corpus, cargo="grain", files=range(240))
    rows = [{"id": str(n), "text": f"The {n}th ferry left harbour {n}."} for n in range(50)]
    (corpus / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    (corpus / "broken.pdf").write_bytes(b"%PDF-1.4 and no more")
    alone = report(indexing(corpus, other), exit_code=1)

    begun = indexing(corpus, place, "--ray", nodes.address)
    while not 0 < stored(place) < len(texts):
        assert begun.poll() is None, begun.communicate()
        time.sleep(0.05)
    nodes.lose_oldest()
    stored_at_loss = stored(place)
    nodes.add()
    assert report(begun, exit_code=1) == alone
    assert stored_at_loss < len(texts)  # when the node was lost
    assert [path for path, _ in alone["failed"]] == [str(corpus / "broken.pdf")]
    assert texts_in(place) == texts_in(other)
    assert results(place) == results(other)

    again = report(indexing(corpus, place, "--ray", nodes.address), exit_code=1)
    assert sorted(again["unchanged"]) == sorted(alone["added"])


@pytest.mark.long
def test_cluster_that_loses_nodes_gives_the_answers_of_one_process(
    nodes: Nodes, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    corpus, place = tmp_path / "corpus", tmp_path / "index"
    write_corpus(corpus, cargo="grain", files=range(10))
    report(indexing(corpus, place))
    with Assistant.open(place) as assistant:
        wanted = {}
        for question in QUESTIONS:
            best = assistant.ask(question, k=3).answers[0]
            wanted[question] = (best.text, best.document.id, best.start, best.score)
    statuses, refused = Counter[int](), set[str]()
    over = threading.Event()

    def ask(address: str, question: str) -> int:
        try:
            reply = asked(address, question)
        except urllib.error.HTTPError as error:
            with error:
                refused.add(json.load(error)["error"]["code"])
            return error.code
        best = reply["answer"]
        found = (best["answer"], best["document"]["id"], best["start"], best["score"])
        assert found == wanted[question]
        return 200

    def keep_asking(address: str) -> None:
        while not over.is_set():
            for question in QUESTIONS:
                statuses[ask(address, question)] += 1

    flags = ("--no-page", "--index", str(place), "--k", "3", "--ray", nodes.address)
    with (
        served(*flags, "--ray-replicas", "2") as (process, address),
        ThreadPoolExecutor(3) as askers,
    ):
        assert [ask(address, question) for question in QUESTIONS] == [200] * len(QUESTIONS)
        asking = [askers.submit(keep_asking, address) for _ in range(3)]
        try:
            # Neither of the two nodes has room for all replicas: each loss takes some.
            for _ in range(request.config.getoption("--losses")):
                nodes.lose_oldest()
                nodes.add()
            until = time.monotonic() + 120
            while {ask(address, question) for question in QUESTIONS} != {200}:
                assert time.monotonic() < until
        finally:
            over.set()
        for one in asking:
            one.result()
        assert refused <= {"cluster_unavailable"}
        assert statuses[200] > 0
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        # Ray logs lost nodes. Ray Serve drops the calls it sent to them, which asyncio logs, and as
        # plain text if logging has ended.
        logged = [json.loads(line) for line in errors.splitlines() if line.startswith("{")]
        assert {line["logger"] for line in logged} <= {"asyncio", "ray"}
        assert process.returncode == 0


def run_cluster() -> None:
    """Run a cluster until the input ends: a head without cores and two workers."""
    # No usage statistics, and normal process priority.
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0"}
    from ray.cluster_utils import Cluster

    store = {"object_store_memory": 100_000_000}
    cluster = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 0, "include_dashboard": False, **store},
    )
    working = [cluster.add_node(num_cpus=2, **store) for _ in range(2)]
    sys.stdout.write(f"{cluster.address}\n")
    sys.stdout.flush()
    for line in sys.stdin:
        match line.strip():
            case "lose":
                cluster.remove_node(working.pop(0), allow_graceful=False)
            case "add":
                working.append(cluster.add_node(num_cpus=2, **store))
        sys.stdout.write(line)
        sys.stdout.flush()
    cluster.shutdown()


if __name__ == "__main__":
    run_cluster()
