# Copyright (c) The arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Encrypts and decrypts on the controller, in memory, as `ansible-vault` does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.parsing.vault import VaultLib, VaultSecret


def secret(passphrase_file: str | None, loader: Any) -> VaultSecret:
    """The passphrase of a file, or the first vault password of the run."""
    if passphrase_file:
        path = Path(passphrase_file).expanduser()
        try:
            passphrase = path.read_bytes().strip()
        except OSError as error:
            raise AnsibleActionFail(f"passphrase_file {path} cannot be read: {error.strerror}") from error
        if not passphrase:
            raise AnsibleActionFail(f"passphrase_file {path} is empty")
        return VaultSecret(passphrase)
    known = loader._vault.secrets or []
    if not known:
        raise AnsibleActionFail(
            "A backup holds every secret of the cluster and is always encrypted: give the passphrase with "
            "-e passphrase_file=FILE, or a vault password with --vault-password-file FILE or --ask-vault-pass."
        )
    return known[0][1]


def encrypted(data: bytes, passphrase: VaultSecret) -> bytes:
    return VaultLib().encrypt(data, secret=passphrase)


def decrypted(path: Path, passphrase: VaultSecret) -> bytes:
    """The content of a file; AnsibleActionFail says what is wrong with it."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise AnsibleActionFail(f"{path} cannot be read: {error.strerror}") from error
    try:
        return VaultLib([("default", passphrase)]).decrypt(data)
    except AnsibleError as error:
        raise AnsibleActionFail(f"{path} cannot be decrypted: it is no backup, or the passphrase is another") from error
