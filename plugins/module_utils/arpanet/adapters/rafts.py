"""Both rafts of the cluster, as one of its managers sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.members import ALIVE, CONSUL_STATUSES
from ..core.quorum import Raft, Voter
from .consul_admin import Admin
from .swarm import Swarm

if TYPE_CHECKING:
    # It needs a library, and the rest of this file does without.
    from .consul import Consul


def swarm_raft(swarm: Swarm) -> Raft:
    """Swarm's managers; SwarmError where no majority can list them. Whom a recovery went on without has no vote."""
    managers = [member for member in swarm.members() if member.in_raft]
    return Raft("Swarm", "managers", tuple(Voter(one.hostname, one.reachable) for one in managers))


def consul_raft(consul: Consul) -> Raft:
    """Consul's voting servers."""
    alive = {one["Name"] for one in consul.members() if CONSUL_STATUSES.get(one["Status"]) == ALIVE}
    return Raft("Consul", "servers", tuple(Voter(name, name in alive) for name in consul.voters().values()))


def healthy_raft(admin: Admin) -> Raft:
    """The same, asked without a library: alive is who is healthy. Without voters while the leader has not looked yet.

    :raises AdminError: Consul does not answer; Refused where it has no leader.
    """
    return Raft("Consul", "servers", tuple(Voter(name, well) for name, well in admin.voters().items()))
