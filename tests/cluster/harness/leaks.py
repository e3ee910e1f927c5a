"""Where texts that must be seen nowhere are seen: in outputs, command lines, journals, readable files."""

import json
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .cluster import Cluster
from .node import ON_NODE, Node
from .playbooks import Run

# The directories where anything of ours, of Docker's or of a program's log could be.
LOOKED_AT = "/etc /opt /root /home /run /srv /tmp /usr/local /var"


def said(run: Run, texts: dict[str, str]) -> list[str]:
    """Names of the secrets that a run has printed."""
    return [name for name, text in texts.items() if text in run.output]


def nowhere(cluster: Cluster, texts: dict[str, str]) -> None:
    """No journal holds one, no container's log, nor any file that a user without rights can read."""
    found = cluster.each(lambda node: finding(node, texts))
    assert found == {node.name: [] for node in cluster.nodes}


def finding(node: Node, texts: dict[str, str], as_root: bool = False) -> list[str]:
    """Places on a node that hold one of the texts. The texts come by standard input, as they must not be in argv."""
    who = "" if as_root else "setpriv --reuid=65534 --regid=65534 --clear-groups"
    found = node.run(
        "umask 077; patterns=$(mktemp -p /dev/shm); cat > $patterns; chmod 644 $patterns; "
        "journalctl --no-pager --output=cat | grep --text --fixed-strings --file=$patterns --only-matching "
        "| sed 's/^/journal: /'; "
        "grep --text --files-with-matches --fixed-strings --file=$patterns /var/lib/docker/containers/*/*-json.log "
        "2>/dev/null; "
        f"{who} grep --recursive --text --files-with-matches --fixed-strings --devices=skip --file=$patterns "
        f"{LOOKED_AT} 2>/dev/null; rm -f $patterns",
        stdin="\n".join(texts.values()),
        timeout=120,
    )
    return found.splitlines()


@contextmanager
def watched(cluster: Cluster, texts: dict[str, str]) -> Iterator[dict[str, dict[str, str]]]:
    """Watch all processes of all nodes meanwhile; in the end which secret was in whose command line.

    Texts that are only made meanwhile are added to `texts` by then.
    """
    script = (ON_NODE / "watch_processes.py").read_text()
    watchers = {}
    for node in cluster.nodes:
        node.run("cat > /root/watch_processes.py", stdin=script)
        watchers[node.name] = subprocess.Popen(
            node.argv("exec python3 /root/watch_processes.py"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert watchers[node.name].stdout.readline() == "watching\n"
    seen: dict[str, dict[str, str]] = {}
    # Who watches sees what is there to be seen.
    shown = secrets.token_hex(16)
    try:
        yield seen
        cluster.each(lambda node: node.run(f"sleep 0.1; : {shown}"))
    finally:
        for name, watcher in watchers.items():
            output, _ = watcher.communicate(json.dumps({**texts, "shown": shown}) + "\n", timeout=30)
            seen[name] = json.loads(output)
        cluster.each(lambda node: node.run("rm -f /root/watch_processes.py"))
    assert all(found.pop("shown", "") for found in seen.values()), seen


def held_here(texts: dict[str, str], *places: Path) -> list[str]:
    """Files of the controller that hold one of the texts, whoever may read them."""
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    return [str(path) for path in files if any(text.encode() in path.read_bytes() for text in texts.values())]
