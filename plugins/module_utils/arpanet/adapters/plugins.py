"""Managed plugins of this node's Engine.

Every failure is an EngineError. The plugin's settings, with what is secret among them, go through the API alone.
"""

from __future__ import annotations

import io
import json
import tarfile
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import docker.errors

from ..core import checksums, plugins
from ..core.plugins import DISABLE, ENABLE, INSTALL, REMOVE, SET, Installed, PluginError, Wanted
from .engine import Engine
from .files import file_digest

_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Bundle:
    """A plugin as files: `rootfs` is a tar archive of its root file system, compressed or not, that has to have
    this `checksum`; `config` is the plugin's configuration, `source` what names the bundle."""

    rootfs: Path
    checksum: str
    config: Mapping[str, Any]
    source: str


class Plugins:
    """The plugins of one Engine."""

    def __init__(self, engine: Engine, timeout: int = 60) -> None:
        self._engine = engine
        # Seconds for a plugin to answer once it was started, and for its last network to go before it is taken away.
        self._timeout = timeout

    def find(self, name: str) -> Installed | None:
        """The plugin of this name; None where there is none."""
        with self._engine.asking(f"looking for plugin {name}"):
            try:
                return plugins.installed(self._engine.api.inspect_plugin(name))
            except docker.errors.NotFound:
                return None

    def apply(self, name: str, steps: list[str], wanted: Wanted | None, bundle: Bundle | None = None) -> None:
        """Do these steps, which `core.plugins.steps` has planned."""
        api = self._engine.api
        replaced = ENABLE in steps
        if INSTALL in steps and wanted is not None:
            # Before the old one goes: else a wrong name would leave none.
            self._look(name, wanted, bundle)
        for step in steps:
            with self._engine.asking(f"plugin {name}: {step}"):
                if step == DISABLE:
                    self._once_free(name, replaced, api.disable_plugin)
                elif step == REMOVE:
                    self._once_free(name, replaced, api.remove_plugin)
                elif step == ENABLE:
                    api.enable_plugin(name, timeout=self._timeout)
                elif step == SET and wanted is not None:
                    api.configure_plugin(name, dict(wanted.settings))
                elif step == INSTALL and wanted is not None:
                    self._install(name, wanted, bundle)

    def _once_free(self, name: str, replaced: bool, take_away: Callable[..., object]) -> None:
        """Disable or remove a plugin. One that is replaced may be in use: containers on its networks keep their
        interfaces.

        :raises PluginError: one that is taken away has networks, and they do not go.
        """
        deadline = time.monotonic() + self._timeout
        force = replaced
        while True:
            try:
                take_away(name, force=force)
                return
            except docker.errors.APIError as error:
                if force or "is in use" not in str(error.explanation):
                    raise
                networks = self._networks(name)
                if networks and time.monotonic() > deadline:
                    remedy = f"`docker network rm {' '.join(networks)}` removes them, then run this again"
                    raise PluginError(f"its networks are still there: {remedy}") from error
            # The Engine only counts networks, and until it restarts it counts one that went while the plugin was
            # disabled or dead.
            force = not networks
            if networks:
                # Those of a swarm that the node has just left go in their own time.
                time.sleep(_POLL_SECONDS)

    def _networks(self, name: str) -> list[str]:
        driver = plugins.short_reference(name)
        return sorted(one["Name"] for one in self._engine.api.networks() if one["Driver"] in (name, driver))

    def _look(self, name: str, wanted: Wanted, bundle: Bundle | None) -> None:
        """Whether what is to be installed is there. :raises PluginError: another archive than the one meant."""
        if bundle is not None:
            check(bundle)
            return
        with self._engine.asking(f"plugin {name}: looking for {wanted.source}"):
            self._engine.api.plugin_privileges(wanted.source)

    def _install(self, name: str, wanted: Wanted, bundle: Bundle | None) -> None:
        api = self._engine.api
        if bundle is None:
            privileges = api.plugin_privileges(wanted.source)
            for event in api.pull_plugin(wanted.source, privileges, name):
                if "error" in event:
                    raise docker.errors.DockerException(event["error"])
            return
        # On disk: an archive may be larger than what /tmp has in memory.
        with tempfile.TemporaryFile(dir=bundle.rootfs.parent) as packed:
            pack(bundle, packed)
            packed.seek(0)
            response = api._post(api._url("/plugins/create"), params={"name": name}, data=packed)
            api._raise_for_status(response)


def check(bundle: Bundle) -> None:
    """Refuse an archive that is not the one meant (PluginError)."""
    try:
        found = file_digest(bundle.rootfs)
    except OSError as error:
        raise PluginError(f"{bundle.rootfs} cannot be read: {error.strerror}") from error
    if found != checksums.sha256(bundle.checksum):
        raise PluginError(f"{bundle.rootfs} has the checksum sha256:{found}, not {bundle.checksum}")


def pack(bundle: Bundle, into: IO[bytes]) -> None:
    """Write what the Engine makes a plugin from: `config.json`, and the archive's files below `rootfs/`.

    :raises PluginError: the archive cannot be read.
    """
    text = json.dumps(bundle.config).encode()
    with tarfile.open(fileobj=into, mode="w|", format=tarfile.PAX_FORMAT) as target:
        entry = tarfile.TarInfo("config.json")
        entry.size = len(text)
        target.addfile(entry, io.BytesIO(text))
        root = tarfile.TarInfo("rootfs")
        root.type, root.mode = tarfile.DIRTYPE, 0o755
        target.addfile(root)
        try:
            _copy(bundle.rootfs, target)
        except tarfile.TarError as error:
            raise PluginError(f"{bundle.rootfs} is no tar archive: {error}") from error


def _copy(rootfs: Path, target: tarfile.TarFile) -> None:
    with tarfile.open(rootfs, "r|*") as archive:
        for member in archive:
            path = member.name.removeprefix("./").strip("/")
            if not path or path == ".":
                continue
            member.name = f"rootfs/{path}"
            if member.islnk():
                member.linkname = f"rootfs/{member.linkname.removeprefix('./')}"
            # Long names and the like are told anew.
            member.pax_headers = {}
            target.addfile(member, archive.extractfile(member) if member.isreg() else None)
