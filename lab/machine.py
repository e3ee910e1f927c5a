"""What nodes must take over from this machine to reach packages: mirrors, proxies, authorities.

Read at run time from apt's and pip's own configuration, so that no address is written
in the project.
"""

import re
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from .run import run, succeeds
from .say import LabError

_CERTIFICATES = Path("/usr/local/share/ca-certificates")
_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_INDEX = re.compile(r"^'(https?://\S+)/dists/([^/\s]+)/InRelease'", re.MULTILINE)
#: Options of apt that a node needs as the machine does.
_APT_OPTIONS = re.compile(r"^Acquire::((https?)::(Proxy|Verify|CaInfo)\S*|Check-(Valid-Until|Date)) .+$")
#: pip's options that mean the same on another host (no paths of this one).
_PIP_OPTIONS = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout")


@dataclass(frozen=True)
class Source:
    """One line of apt's sources: where, which suite."""

    uri: str
    suite: str

    def line(self, components: str = "main") -> str:
        """The source in apt's one-line form."""
        return f"deb [signed-by={_KEYRING}] {self.uri} {self.suite} {components}"


@dataclass(frozen=True)
class Machine:
    """What the images are given: `files` maps a path in the image to its text."""

    sources: tuple[Source, ...]
    codename: str
    files: dict[str, str] = field(default_factory=dict)

    @property
    def is_debian(self) -> bool:
        """Whether this machine's apt knows a Debian mirror."""
        return bool(self.sources)

    def sources_for(self, codename: str) -> tuple[Source, ...]:
        """The machine's sources, for another Debian release; only the suites that exist."""
        wanted = translate(self.sources, self.codename, codename)
        found = tuple(source for source in wanted if _exists(source))
        if not any(source.suite == codename for source in found):
            raise LabError(f"this machine's Debian mirror does not answer for the release {codename}")
        return found


def read() -> Machine:
    """Read apt's and pip's configuration and the machine's own certificates."""
    release = _os_release()
    certificates = {
        f"usr/local/share/ca-certificates/{path.name}": path.read_text()
        for path in sorted(_CERTIFICATES.glob("**/*.crt"))
    }
    files = dict(certificates)
    if options := apt_options(_output(["apt-config", "dump"])):
        files["etc/apt/apt.conf.d/90machine"] = options
    if settings := pip_settings(_output(["python3", "-m", "pip", "config", "list"]), bool(certificates)):
        files["etc/pip.conf"] = settings
    if release.get("ID") != "debian":
        return Machine((), "", files)
    codename = release.get("VERSION_CODENAME", "")
    return Machine(parse_uris(_output(["apt-get", "--print-uris", "update"]), codename), codename, files)


def parse_uris(text: str, codename: str) -> tuple[Source, ...]:
    """Sources of the release `codename` in the output of `apt-get --print-uris update`, each once."""
    seen: dict[Source, None] = {}
    for uri, suite in _INDEX.findall(text):
        if "://localhost" not in uri and suite.split("-")[0] == codename:
            seen[Source(uri, suite)] = None
    return tuple(seen)


def translate(sources: tuple[Source, ...], codename: str, other: str) -> tuple[Source, ...]:
    """The same sources for another release: `bookworm-updates` becomes `trixie-updates`."""
    return tuple(Source(source.uri, other + source.suite.removeprefix(codename)) for source in sources)


def apt_options(dump: str) -> str:
    """The lines of `apt-config dump` that a node needs to reach the mirror as the machine does."""
    return "".join(f"{line}\n" for line in dump.splitlines() if _APT_OPTIONS.match(line))


def pip_settings(listing: str, own_authorities: bool) -> str:
    """A pip.conf for the nodes from the output of `pip config list`.

    Indexes on this machine's disk are left out. With `own_authorities`, pip trusts the
    node's bundle, which then holds the machine's certificates.
    """
    found: dict[str, str] = {}
    for line in listing.splitlines():
        key, _, value = line.partition("=")
        option = key.rpartition(".")[2]
        words = [word for word in value.strip("'\"").split() if not word.startswith(("file:", "/"))]
        if option in _PIP_OPTIONS and words:
            found[option] = " ".join(words)
    if own_authorities:
        found["cert"] = _BUNDLE
    lines = [f"{key} = {value}\n" for key, value in found.items()]
    return "[global]\n" + "".join(lines) if lines else ""


def _exists(source: Source) -> bool:
    url = f"{source.uri}/dists/{source.suite}/InRelease"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=15):
            return True
    except (urllib.error.URLError, TimeoutError):
        return False


def _output(argv: list[str]) -> str:
    if not succeeds([argv[0], "--version"]):
        return ""
    return run(argv, what=f"reading the machine's configuration with {argv[0]}", timeout=60)


def _os_release() -> dict[str, str]:
    text = Path("/etc/os-release").read_text() if Path("/etc/os-release").exists() else ""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {key: value.strip('"') for key, _, value in pairs}
