"""A member that has the gossip's key and lies. `replay`: answers with an old answer of a manager.
`strange`: answers as a manager of another cluster. `ask`: prints everything that a manager gives to the key."""

import sys

sys.path.insert(0, "/opt/arpanet/current")

from arpanet.adapters.machine import Machine
from arpanet.adapters.serf import Serf
from arpanet.core import join
from arpanet.core.join import Answer, Question

MANAGERS = {"role": "manager"}
key = join.gossip_key(Machine().gossip_keys()[0])


def ask(what: str, part: int = 0) -> bytes:
    question = Question(what, "of-a-rogue", "rogue", "192.0.2.1", part=part)
    replies = Serf().query(join.QUERY, join.seal(question, key), tags=MANAGERS, timeout=3)
    return next((reply.payload for reply in replies if reply.kind == "response"), b"")


def lie(payload: bytes) -> bytes:
    question, _ = join.read_question(payload, [key])
    return join.seal(Answer("theirs", "z" * 50, question.nonce, question.ask), key)


mode = sys.argv[1]
if mode == "ask":
    for what in ("who", "give", "manager", "promote", "manager_token", ""):
        for part in range(8):
            print(ask(what, part).decode())
    sys.exit()
old = ask(join.WHO)
assert old
# The node's agent, which keeps its tags true, is stopped meanwhile.
Serf().set_tags(MANAGERS)
questions = Serf().subscribe(f"query:{join.QUERY}")
print("ready", flush=True)
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor(1)
for event in questions:
    pool.submit(questions.answer, event, old if mode == "replay" else lie(event.payload))
