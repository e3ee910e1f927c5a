"""Controllers as processes of their own, which may be killed at any moment."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import Consul

FORK = multiprocessing.get_context("fork")


def together(work: Callable[[int], Any], count: int) -> list[Any]:
    """What `count` processes return that start at the same moment, in their order."""
    barrier, answers = FORK.Barrier(count), FORK.SimpleQueue()

    def run(number: int) -> None:
        barrier.wait()
        answers.put((number, work(number)))

    processes = [FORK.Process(target=run, args=(number,)) for number in range(count)]
    for process in processes:
        process.start()
    got = dict(answers.get() for _ in processes)
    for process in processes:
        process.join()
    return [got[number] for number in range(count)]


def with_kills(work: Callable[[int], None], count: int, seconds: float) -> int:
    """Keep `count` processes at work that never end by themselves, killing one after the other at
    random and starting a new one in its place. How many were killed.
    """
    living = [_started(work, number) for number in range(count)]
    made, killed, until = count, 0, time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            time.sleep(random.uniform(0.005, 0.04))
            place = random.randrange(count)
            assert living[place].exitcode is None, "a controller failed; its error is above"
            living[place].kill()
            living[place].join()
            living[place] = _started(work, made)
            made, killed = made + 1, killed + 1
    finally:
        for process in living:
            process.kill()
        for process in living:
            process.join()
    return killed + count


def _started(work: Callable[[int], None], number: int) -> Any:
    process = FORK.Process(target=work, args=(number,))
    process.start()
    return process


def dying_at_each_request(url: str, work: Callable[[Consul], None]) -> Iterator[int]:
    """Run `work` in a new process again and again, which dies before its first request, after it, before
    its second one…, until it comes to its end. After each death, the number of the point.
    """
    point = 0
    while True:
        process = FORK.Process(target=_dying, args=(url, work, point))
        process.start()
        process.join()
        if process.exitcode == 0:
            return
        assert process.exitcode == -signal.SIGKILL, "the controller failed; its error is above"
        yield point
        point += 1
        assert point < 100, "the work does not come to an end"


def _dying(url: str, work: Callable[[Consul], None], point: int) -> None:
    consul = Consul(url)
    adapter = consul.api.http.session.get_adapter(url)
    send, done = adapter.send, [0]

    def counted(*args: Any, **kwargs: Any) -> Any:
        for moment in ("before", "after"):
            answer = send(*args, **kwargs) if moment == "after" else None
            if done[0] == point:
                os.kill(os.getpid(), signal.SIGKILL)
            done[0] += 1
        return answer

    adapter.send = counted
    work(consul)
