from __future__ import annotations

from collections.abc import Callable

import pytest

from embeddings.errors import IndexBusyError
from embeddings.stores.milvus.lease import LEASE_SECONDS, Lease


class Row:
    """The row that several look at, and a clock that all of them see."""

    def __init__(self) -> None:
        self.text: str | None = None
        self.now = 1_000_000.0
        self.writes = 0

    def write(self, text: str) -> None:
        self.text = text
        self.writes += 1

    def lease(self, meanwhile: Callable[[], object] = lambda: None) -> Lease:
        """Give one whose waiting lets something happen meanwhile."""
        return Lease(
            lambda: self.text,
            self.write,
            place="here",
            clock=lambda: self.now,
            sleep=lambda seconds: meanwhile(),
        )


def refused(lease: Lease) -> bool:
    try:
        with lease.acquire():
            return False
    except IndexBusyError:
        return True


def test_one_has_it_and_then_another() -> None:
    row = Row()
    with row.lease().acquire():
        other = row.lease().acquire()
        with pytest.raises(IndexBusyError, match=r"here: another .* in 600 seconds if it has died"):
            other.__enter__()
    assert not refused(row.lease())


def test_of_two_who_look_at_the_same_moment_the_last_one_to_write_has_it() -> None:
    row = Row()
    # The other one has looked already, and seen none, when this one writes.
    looks = iter([None])
    other = Lease(
        lambda: next(looks, row.text),
        row.write,
        place="here",
        clock=lambda: row.now,
        sleep=lambda _: None,
    )
    acquire = other.acquire()
    lease = row.lease(meanwhile=acquire.__enter__)
    assert refused(lease)
    other.renew()
    acquire.__exit__(None, None, None)


def test_the_right_of_one_who_died_ends() -> None:
    row = Row()
    dead = row.lease().acquire()
    dead.__enter__()
    row.now += LEASE_SECONDS - 1
    assert refused(row.lease())
    row.now += 2
    assert not refused(row.lease())


def test_who_goes_on_writing_keeps_it() -> None:
    row = Row()
    lease = row.lease()
    with lease.acquire():
        for _ in range(10):
            row.now += LEASE_SECONDS * 0.4
            lease.renew()
            assert refused(row.lease())
        before = row.writes
        lease.renew()
        assert row.writes - before <= 1
    assert not refused(row.lease())


def test_who_has_lost_it_is_told() -> None:
    row = Row()
    late, other = row.lease(), row.lease()
    with late.acquire():
        row.now += LEASE_SECONDS + 1
        with other.acquire():
            with pytest.raises(IndexBusyError):
                late.renew()
            other.renew()


def test_what_ends_late_does_not_end_the_right_of_another() -> None:
    row = Row()
    late, other = row.lease().acquire(), row.lease()
    late.__enter__()
    row.now += LEASE_SECONDS + 1
    with other.acquire():
        late.__exit__(None, None, None)
        other.renew()
