import os
import subprocess
from pathlib import Path

from qa.evaluation.machine import commit, machine


def test_a_machine_is_described() -> None:
    described = machine()
    assert described["processor"]
    assert described["cores"] == len(os.sched_getaffinity(0))
    told = Path("/proc/cpuinfo").read_text().split("flags", 1)[-1].split("\n", 1)[0].split()
    assert ("avx2" in described["flags"]) == ("avx2" in told)


def test_the_commit_is_the_one_checked_out() -> None:
    root = Path(__file__).parents[3]
    command = ["git", "-C", str(root), "rev-parse", "--short", "HEAD"]
    known = subprocess.run(command, capture_output=True, text=True)
    if known.returncode == 0:
        assert commit().removesuffix("-dirty") == known.stdout.strip()
    else:
        assert commit() is None
