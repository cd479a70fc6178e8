import asyncio
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from qa import Assistant, Config
from qa.monitoring.feedback import Feedback
from qa.server.service import Service
from qa.server.workers import BusyError, Workers


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers("test", threads=1, queue_size=2)
    yield made
    made.close()


def test_calls_run_in_order(workers: Workers) -> None:
    go, done = threading.Event(), []
    first = workers.submit(lambda: go.wait(60))
    later = [workers.submit(lambda number=number: done.append(number)) for number in range(2)]
    assert workers.pending == 3
    go.set()
    for future in (first, *later):
        future.result(60)
    assert done == [0, 1]


def test_full_queue_refuses_calls_until_there_is_room(workers: Workers) -> None:
    go = threading.Event()
    taken = [workers.submit(lambda: go.wait(60)) for _ in range(3)]
    with pytest.raises(BusyError, match="has 3 requests"):
        workers.submit(lambda: None)
    go.set()
    for future in taken:
        future.result(60)
    assert workers.submit(lambda: "done").result(60) == "done"


def test_failed_call_frees_its_place(workers: Workers) -> None:
    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            workers.submit(lambda: 1 / 0).result(60)
    assert workers.submit(lambda: "done").result(60) == "done"


def test_cancelled_call_is_not_started(workers: Workers) -> None:
    go, done = threading.Event(), []

    async def impatient() -> None:
        first = workers.submit(lambda: go.wait(60))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await workers.run(lambda: done.append("late"))
        go.set()
        await asyncio.wrap_future(first)
        await workers.run(lambda: done.append("next"))

    asyncio.run(impatient())
    assert done == ["next"]


def test_running_call_can_detect_the_shutdown(workers: Workers) -> None:
    began = threading.Event()

    def endless() -> None:
        began.set()
        while True:
            workers.require_open()

    future = workers.submit(endless)
    began.wait(60)
    workers.close()
    with pytest.raises(BusyError, match="shutting down"):
        future.result(60)


def test_shutdown_refuses_queued_and_completes_running_calls(
    workers: Workers,
) -> None:
    go, began = threading.Event(), threading.Event()

    def work() -> str:
        began.set()
        go.wait(60)
        return "done"

    async def crowd() -> None:
        first = asyncio.create_task(workers.run(work))
        await asyncio.to_thread(began.wait, 60)
        later = asyncio.create_task(workers.run(lambda: "never"))
        in_thread = asyncio.create_task(asyncio.to_thread(workers.wait, lambda: "never"))
        while workers.pending < 3:
            await asyncio.sleep(0.01)
        workers.stop()
        for waiting in (later, in_thread, workers.run(lambda: "never")):
            with pytest.raises(BusyError, match="shutting down"):
                await waiting
        go.set()
        assert await first == "done"

    asyncio.run(crowd())


def test_cluster_has_two_threads_per_replica(assistant: Assistant, feedback: Feedback) -> None:
    service = Service.create(
        assistant, config=Config(ray="auto", ray_replicas=6), feedback=feedback
    )
    together = threading.Barrier(12)
    with closing(service):
        waiting = [service.readers.submit(lambda: together.wait(60)) for _ in range(12)]
        assert sorted(one.result() for one in waiting) == list(range(12))
