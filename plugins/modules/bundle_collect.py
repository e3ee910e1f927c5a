#!/usr/bin/python
# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bundle_collect
short_description: Collects packages, archives and wheels for nodes without a network
version_added: 0.1.0
description:
  - Fetches packages with everything that they depend on, whatever is installed on the host that fetches them, and
    leaves that host as it was. What the directory on the controller has already is not fetched again.
  - M(arpanet.cluster.package_bundle) installs from that directory.
author:
  - The arpanet.cluster authors (@arpanet)
attributes:
  check_mode:
    support: full
    description: Says which files would be fetched. Wheels are named by what was asked for.
  diff_mode:
    support: none
    description: The result has the files.
  idempotent:
    support: full
    description: Only what is missing, damaged or replaced by a newer version is fetched.
options:
  bundle:
    description: The directory on the controller.
    type: path
    required: true
  target:
    description: The directory in it that is for nodes like this host, such as V(debian-13-amd64).
    type: str
    required: true
  packages:
    description: The packages.
    type: list
    elements: str
    default: []
  archives:
    description:
      - Archives of programs. Each has C(url), and C(checksum) as V(sha256:<hex>) or C(checksums_url), a list in the
        format of C(sha256sum).
    type: list
    elements: dict
    default: []
  requirements:
    description: Python packages, as pip takes them. Their wheels need the package C(python3-venv) among O(packages).
    type: list
    elements: str
    default: []
  pip_arguments:
    description: Options for pip, such as C(--index-url).
    type: list
    elements: str
    default: []
  have:
    description: The files that are on the controller already, with their checksums. Set by the action itself.
    type: dict
    default: {}
  listed:
    description: What the bundle says that it has. Set by the action itself.
    type: dict
    default: {}
  archive:
    description: Where the files that were fetched go, on the host. Set by the action itself.
    type: path
"""

EXAMPLES = r"""
- name: Collect tini
  arpanet.cluster.bundle_collect:
    bundle: /srv/bundle
    target: debian-13-amd64
    packages: [tini]
"""

RETURN = r"""
fetched:
  description: The files that were fetched, or would be.
  returned: success
  type: list
  elements: str
  sample: [packages/tini_0.19.0-3+b8_amd64.deb]
"""

import hashlib
import tempfile
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.adapters import (
    apt,
    bundles,
    releases,
    wheels,
)
from ansible_collections.arpanet.cluster.plugins.module_utils.arpanet.core import checksums, package_bundle


def archives(asked: list[dict[str, str]]) -> dict[str, dict[str, str]]:
    """Path in the bundle to `{url, sha256}`."""
    found = {}
    for each in asked:
        name = each["url"].rpartition("/")[2]
        known = each.get("checksum") or checksums.listed(releases.text(each["checksums_url"]), name)
        found[f"{package_bundle.ARCHIVES}/{name}"] = {"url": each["url"], "sha256": checksums.sha256(known)}
    return found


def collect(options: dict[str, Any], root: Path, check: bool) -> dict[str, Any]:
    """`{index, listed, fetched}`: what the bundle should have, and the files that it lacked, which are packed."""
    have, tree = options["have"], root / "tree"
    system = apt.elsewhere(root / "apt")
    system.update()
    names = system.files(options["packages"])
    index = package_bundle.index(system.show(map(package_bundle.pair, names)), names)
    programs = archives(options["archives"])
    wanted = {**package_bundle.indexed(index), **{path: each["sha256"] for path, each in programs.items()}}
    fetched = package_bundle.lacking(wanted, have)
    found = package_bundle.wheels(options["listed"], have, options["requirements"])
    if check:
        absent = [] if found is not None else [f"{package_bundle.WHEELS}/{each}" for each in options["requirements"]]
        return {"index": index, "listed": {}, "fetched": [*fetched, *absent]}

    for name in (package_bundle.PACKAGES, package_bundle.ARCHIVES, package_bundle.WHEELS):
        (tree / name).mkdir(parents=True)
    needed = [path.partition("/")[2] for path in fetched if path not in programs]
    if needed:
        system.download(map(package_bundle.pair, needed), tree / package_bundle.PACKAGES)
    for path in fetched:
        if path in programs:
            releases.verify(
                releases.fetch(programs[path]["url"], tree / package_bundle.ARCHIVES), programs[path]["sha256"]
            )
    if found is None:
        pip = root / "pip-package"
        pip.mkdir()
        system.download([package_bundle.pair(name) for name in names if name.startswith("python3-pip-whl_")], pip)
        wheels.fetch(options["requirements"], options["pip_arguments"], pip, tree / package_bundle.WHEELS)
        found = {path: digest for path, digest in bundles.files(tree).items() if path.startswith("wheels/")}
        fetched += [path for path in found if have.get(path) != found[path]]
    if fetched:
        with Path(options["archive"]).open("wb") as stream:
            bundles.pack(tree, fetched, stream)
        # Whoever connects reads it, root or not.
        Path(options["archive"]).chmod(0o644)
    wanted |= found
    wanted[package_bundle.INDEX] = hashlib.sha256(index.encode()).hexdigest()
    listed = {"files": wanted, "packages": sorted(options["packages"]), "requirements": options["requirements"]}
    return {"index": index, "listed": listed, "fetched": fetched}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "bundle": {"type": "path", "required": True},
            "target": {"type": "str", "required": True},
            "packages": {"type": "list", "elements": "str", "default": []},
            "archives": {"type": "list", "elements": "dict", "default": []},
            "requirements": {"type": "list", "elements": "str", "default": []},
            "pip_arguments": {"type": "list", "elements": "str", "default": []},
            "have": {"type": "dict", "default": {}},
            "listed": {"type": "dict", "default": {}},
            "archive": {"type": "path"},
        },
        supports_check_mode=True,
    )
    if not module.params["archive"]:
        module.fail_json(msg="this module works through its action plugin, which keeps the bundle")
    try:
        with tempfile.TemporaryDirectory(dir=module.tmpdir) as directory:
            found = collect(module.params, Path(directory), module.check_mode)
    except (apt.AptError, releases.ReleaseError, wheels.WheelsError, OSError, ValueError) as error:
        module.fail_json(
            msg=f"The bundle cannot be collected on this host: {error}. Its package sources must have all that the "
            "roles install; what has been collected stays, so run the same again once that is mended."
        )
    module.exit_json(changed=bool(found["fetched"]), **found)


if __name__ == "__main__":
    main()
