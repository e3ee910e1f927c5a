"""Runs a whole module in this process: arguments in, its result out."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args

MODULES = "ansible_collections.arpanet.cluster.plugins.modules"
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run("files", {...}, check=True)`; a failed module has `failed` in its result."""
    # Tests of plugins make this process a controller, where warnings are shown and not returned.
    monkeypatch.setattr("ansible.module_utils._internal.is_controller", False, raising=False)

    def call(name: str, arguments: dict[str, Any], check: bool = False) -> dict[str, Any]:
        module = importlib.import_module(f"{MODULES}.{name}")
        with patch_module_args({**arguments, "_ansible_check_mode": check}), pytest.raises(SystemExit):
            module.main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        return result

    return call
