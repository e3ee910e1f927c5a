"""Compose's durations and sizes as the Engine's numbers."""

from __future__ import annotations

import re

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_NANOSECONDS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}


def nanoseconds(text: str | int | None) -> int:
    """`1m30s` as nanoseconds; 0 for nothing. Raises ValueError on anything else."""
    if text in (None, "", 0, "0"):
        return 0
    parts = _DURATION.findall(str(text))
    if "".join(number + unit for number, unit in parts) != str(text):
        raise ValueError(f"{text!r} is not a duration such as 1m30s")
    return round(sum(float(number) * _NANOSECONDS[unit] for number, unit in parts))


def size(value: str | int | None) -> int:
    """Bytes from the reference implementation's normalised sizes, which are plain numbers."""
    return int(value or 0)


def nano_cpus(value: str | float | None) -> int:
    """`0.5` processors as the Engine's billionths."""
    return round(float(value or 0) * 10**9)
