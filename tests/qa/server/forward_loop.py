"""An event loop whose clock tests put forward, instead of waiting."""

import asyncio
from collections.abc import Coroutine


class ForwardLoop(asyncio.SelectorEventLoop):
    ahead = 0.0
    """Seconds that the clock is ahead."""

    def time(self) -> float:
        return super().time() + self.ahead


async def forward(seconds: float) -> None:
    """Put the clock forward, and run what is due."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, ForwardLoop)
    loop.ahead += seconds
    for _ in range(3):
        await asyncio.sleep(0)


def run(test: Coroutine[None, None, None]) -> None:
    with asyncio.Runner(loop_factory=ForwardLoop) as runner:
        runner.run(test)
