"""archive.py BINARY VERSION ARCHITECTURE DIRECTORY: lay a consul binary out as its publisher does.

Writes `<version>/consul_<version>_linux_<architecture>.zip` and the file of checksums
beside it. The same binary always gives the same bytes: the time in the archive is fixed.
"""

import hashlib
import sys
import zipfile
from pathlib import Path


def main(binary: Path, version: str, architecture: str, directory: Path) -> None:
    target = directory / version
    target.mkdir(parents=True)
    archive = target / f"consul_{version}_linux_{architecture}.zip"
    entry = zipfile.ZipInfo("consul", date_time=(2020, 1, 1, 0, 0, 0))
    entry.external_attr = 0o100755 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr(entry, binary.read_bytes())
    total = hashlib.sha256(archive.read_bytes()).hexdigest()
    (target / f"consul_{version}_SHA256SUMS").write_text(f"{total}  {archive.name}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4]))
