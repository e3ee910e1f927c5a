"""Runs inside a container of a deployment, with nothing but Python: ask a service by its plain name.

Prints one JSON object: the addresses that the name has, what each of them answers, and
which address answered how many of the requests that were made by name alone.
"""

import http.client
import json
import socket
import sys

ASKS = 30


def ask(host: str, name: str) -> "tuple[str, str]":
    """The address that answered `http://<name>/` when asked on `host`, and what it said."""
    connection = http.client.HTTPConnection(host, 80, timeout=3)
    connection.request("GET", "/", headers={"Host": name})
    peer = connection.sock.getpeername()[0]
    body = connection.getresponse().read().decode(errors="replace")
    connection.close()
    return peer, " ".join(body.split())


def main(name: str) -> None:
    """Look the name up, ask every address it has, then ask by name alone."""
    report: dict[str, object] = {"name": name}
    try:
        found = sorted({item[4][0] for item in socket.getaddrinfo(name, 80, socket.AF_INET)})
        report["addresses"] = found
        answers = {}
        for address in found:
            try:
                answers[address] = ask(str(address), name)[1]
            except OSError as error:
                answers[address] = f"no answer: {error}"
        report["answers"] = answers
        by_name: dict[str, int] = {}
        for _ in range(ASKS):
            peer = ask(name, name)[0]
            by_name[peer] = by_name.get(peer, 0) + 1
        report["by_name"] = by_name
    except OSError as error:
        report["error"] = str(error)
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1])
