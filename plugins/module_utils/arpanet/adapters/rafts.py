"""Both rafts of the cluster, as one of its managers sees them."""

from __future__ import annotations

from ..core.members import ALIVE, CONSUL_STATUSES
from ..core.quorum import Raft, Voter
from .consul import Consul
from .swarm import Swarm


def swarm_raft(swarm: Swarm) -> Raft:
    """Swarm's managers; SwarmError where no majority can list them. Whom a recovery went on without has no vote."""
    managers = [member for member in swarm.members() if member.in_raft]
    return Raft("Swarm", "managers", tuple(Voter(one.hostname, one.reachable) for one in managers))


def consul_raft(consul: Consul) -> Raft:
    """Consul's voting servers."""
    alive = {one["Name"] for one in consul.members() if CONSUL_STATUSES.get(one["Status"]) == ALIVE}
    return Raft("Consul", "servers", tuple(Voter(name, name in alive) for name in consul.voters().values()))
