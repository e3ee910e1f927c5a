"""What it costs to allocate a subnet, and what it should cost at most.

    python -m benchmarks.subnets            on a Consul server that is started for it
    python -m benchmarks.subnets URL        on a Consul of yours; all that is made is removed again
    python -m benchmarks.subnets --json     for programs

Compare-and-swap of one key, with the same client at the same time, is the peer: an allocation has
to read something and to write two keys, so half of that rate is what can be hoped for.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / ".collections"))

from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.consul import Consul, Op
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters.subnets import SubnetStore
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import names
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core.subnets import (
    Request,
    parse_pool,
    place,
    probes,
)

# Reserved addresses (RFC 1112), which no cluster uses: a run leaves the pools alone.
POOL = parse_pool("benchmark", "240.0.0.0/12")
PREFIX = 26
OWNER = "benchmark-{}/default"
RAW = f"{names.KV_ROOT}benchmark/"

CLIENTS = 16
FEW, MANY = 10, 10_000
TURNS, SAMPLES = 5, 80
ROUNDS, ROUND_SECONDS = 10, 1.0
MOST_STEPS = 64  # of a transaction

MOST_GROWTH = 1.3  # times the cost
LEAST_SHARE = 0.5  # of the peer's rate

Work = Callable[[Consul, int], object]


@dataclass(frozen=True)
class Row:
    """One figure; `target` and `peer` are in its own unit."""

    name: str
    value: float
    unit: str
    target: str = ""
    peer: str = ""
    good: bool = True


def run(url: str) -> list[Row]:
    """Measure on the Consul at `url` and leave nothing there."""
    consul = Consul(url)
    _clean(consul)
    try:
        return _measure(url, consul)
    finally:
        _clean(consul)


def _measure(url: str, consul: Consul) -> list[Row]:
    few, raw_few, many, raw_many = [], [], [], []
    # By turns, so that whatever else the machine does hits both.
    for number in range(TURNS):
        for allocated, own, raw in ((FEW, few, raw_few), (MANY, many, raw_many)):
            _clean(consul)
            _fill(consul, allocated)
            for sample in range(SAMPLES):
                own.append(_seconds(partial(_allocate, consul, MANY + sample)))
                raw.append(_seconds(partial(_raw, consul, number * MANY + sample)))
                _release(consul, MANY + sample)
    _clean(consul)
    raw_rate, rate = _rates(url)
    one, ten_thousand = 1000 * statistics.median(few), 1000 * statistics.median(many)
    raw_one, raw_ten_thousand = 1000 * statistics.median(raw_few), 1000 * statistics.median(raw_many)
    growth, share = ten_thousand / one, rate / raw_rate
    return [
        Row(f"one allocation, {FEW} allocated", one, "ms", peer=f"{raw_one:.2f}"),
        Row(f"one allocation, {MANY} allocated", ten_thousand, "ms", peer=f"{raw_ten_thousand:.2f}"),
        Row(
            "growth of that cost", growth, "times", f"≤ {MOST_GROWTH}",
            f"{raw_ten_thousand / raw_one:.2f}", growth <= MOST_GROWTH,
        ),
        Row(f"allocations, {CLIENTS} clients", rate, "/s", f"≥ {LEAST_SHARE * raw_rate:.0f}", f"{raw_rate:.0f}"),
        Row("share of the peer's rate", share, "times", f"≥ {LEAST_SHARE}", "1", share >= LEAST_SHARE),
    ]  # fmt: skip


def _allocate(consul: Consul, number: int) -> None:
    # A store for each: nothing that a controller would not know is remembered between two of them.
    SubnetStore(consul, POOL).allocate(Request(OWNER.format(number), PREFIX))


def _release(consul: Consul, number: int) -> None:
    SubnetStore(consul, POOL).release(OWNER.format(number))


def _raw(consul: Consul, number: int) -> None:
    consul.api.kv.put(f"{RAW}{number}", json.dumps({"subnet": "240.0.0.0/26", "pool": POOL.name}), cas=0)


def _fill(consul: Consul, count: int) -> None:
    """What so many allocations leave behind, written in fewer transactions."""
    blocks: dict[str, dict[str, str]] = {}
    values: dict[str, dict[str, str]] = {}
    for number in range(count):
        owner = OWNER.format(number)
        for block in probes(POOL, owner):
            held = blocks.setdefault(names.subnet_block_key(block), {})
            subnet = place(block, held, PREFIX)
            if subnet is not None:
                held[str(subnet)] = owner
                values[names.subnet_owner_key(owner)] = {"subnet": str(subnet), "pool": POOL.name}
                break
        else:
            raise RuntimeError(f"no probe of {owner} fits")
    steps = [Op("set", key, 0, value) for key, value in {**blocks, **values}.items() if value]
    for at in range(0, len(steps), MOST_STEPS):
        if not consul.commit(steps[at : at + MOST_STEPS]):
            raise RuntimeError("somebody else works in the benchmark's range")


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _rates(url: str) -> tuple[float, float]:
    """The peer's rate and the rate of allocations, by turns."""
    peer, own = [], []
    for number in range(1, ROUNDS + 1):
        peer.append(_together(url, _raw, number * 10_000_000))
        own.append(_together(url, _allocate, number * 10_000_000))
    return statistics.mean(peer), statistics.mean(own)


def _together(url: str, work: Work, first: int) -> float:
    """Let all clients work at once for a round, on numbers of their own; how often a second they did."""
    context = multiprocessing.get_context("fork")
    counts = context.Queue()
    barrier = context.Barrier(CLIENTS)
    clients = [
        context.Process(target=_client, args=(url, work, first + number * 100_000, barrier, counts))
        for number in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    done = [counts.get(timeout=60) for _ in clients]
    for client in clients:
        client.join()
    return sum(count / seconds for count, seconds in done)


def _client(url: str, work: Work, first: int, barrier: Barrier, counts: Queue[tuple[int, float]]) -> None:
    consul = Consul(url, timeout=60)
    consul.get(RAW)  # connected before the start
    barrier.wait()
    began = time.perf_counter()
    done = 0
    while time.perf_counter() - began < ROUND_SECONDS:
        work(consul, first + done)
        done += 1
    counts.put((done, time.perf_counter() - began))


def _clean(consul: Consul) -> None:
    consul.delete(RAW, recurse=True)
    consul.delete(f"{names.OWNERS_PREFIX}benchmark-", recurse=True)
    # The blocks of the benchmark's range: 240.0.0.0/12.
    for second in range(16):
        consul.delete(f"{names.BLOCKS_PREFIX}240.{second}.", recurse=True)


def table(rows: Sequence[Row]) -> str:
    """The rows for people."""
    lines = [["", "value", "target", "peer: one CAS", ""]]
    lines += [
        [row.name, f"{row.value:.2f} {row.unit}", row.target, row.peer, "" if row.good else "MISSED"] for row in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


@contextmanager
def _server(url: str | None) -> Iterator[str]:
    if url:
        yield url
        return
    from lab import consul

    with consul.server() as started:
        yield started


def main() -> int:
    """0 when every target is met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.subnets", description=__doc__.splitlines()[0])
    parser.add_argument("url", nargs="?", help="HTTP address of a Consul; one is started without it")
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args()
    with _server(asked.url) as url:
        rows = run(url)
    print(json.dumps([asdict(row) for row in rows], indent=2) if asked.json else table(rows))
    return 0 if all(row.good for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
