"""What of a model or a plan must not be shown: values whose name sounds secret, passwords in texts."""

from __future__ import annotations

import re
from typing import Any

HIDDEN = "(hidden)"

_NAME = re.compile(r"PASS|SECRET|TOKEN|KEY|CREDENTIAL|AUTH|PRIVATE", re.IGNORECASE)
# `--password=x`, `password=x,user=y`, `https://user:x@host`
_IN_TEXT = (
    re.compile(r"(?i)((?:pass(?:word|wd|phrase)?|secret|token|api[-_]?key)\s*(?:=|:\s)\s*)[^\s,;&\"']+"),
    # `--requirepass x`
    re.compile(r"(?i)(--[\w-]*(?:pass|secret|token|api-?key)[\w-]*\s+)(?!-)[^\s;&\"']+"),
    re.compile(r"(://[^/\s:@]*:)[^/\s@]+(?=@)"),
)


def sounds_secret(name: str) -> bool:
    """Whether what is called so is nobody's business: a variable, an option, a label.

    The Engine's name of a secret is no secret.
    """
    return bool(_NAME.search(name)) and name != "SecretName"


def masked(value: Any, name: str = "") -> Any:
    """A value of any shape, with nothing in it that must not be shown."""
    if isinstance(value, dict):
        return {key: masked(item, str(key)) for key, item in value.items()}
    if isinstance(value, list):
        # In a command a flag may be one word and its value the next.
        return [masked(item, _flag(before)) for before, item in zip([None, *value], value, strict=False)]
    if value in (None, "") or isinstance(value, bool):
        return value
    if sounds_secret(name):
        return HIDDEN
    if isinstance(value, str):
        for pattern in _IN_TEXT:
            value = pattern.sub(rf"\g<1>{HIDDEN}", value)
    return value


def _flag(word: Any) -> str:
    """The flag that a word is, where it stands alone: the next word is its value."""
    return word if isinstance(word, str) and word.startswith("-") and "=" not in word and " " not in word else ""


def masked_pair(name: str, before: Any, after: Any) -> tuple[Any, Any]:
    """A value before and after; where masking makes them look alike, the second says that they are not."""
    old, new = masked(before, name), masked(after, name)
    if old == new and before != after:
        new = f"{new}, changed" if isinstance(new, str) else [new, "(hidden part changed)"]
    return old, new
