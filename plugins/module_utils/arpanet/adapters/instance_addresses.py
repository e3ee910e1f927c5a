"""The explicit addresses of a deployment's own services, claimed among those of VMs and appliances."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from ipaddress import IPv4Address

from ..core import names
from ..core.service_addresses import is_instance, of_services
from ..core.spec import Spec
from .addresses import AddressStore
from .consul import Consul

Claims = dict[str, dict[str, IPv4Address]]


class InstanceAddresses:
    """Those of one deployment."""

    def __init__(self, consul: Consul, deployment: str) -> None:
        self._consul = consul
        self._deployment = deployment

    def claim(self, services: Mapping[str, Spec], networks: Iterable[str], check: bool = False) -> None:
        """Let each of these services have the address that its specification says on these networks.

        :raises SubnetError: somebody else has it.
        """
        claims = of_services(self._deployment, services, networks)
        for network in self._allocated(claims) if check else claims:
            store = AddressStore(self._consul, self._deployment, network)
            for owner, address in claims[network].items():
                store.present(owner, owner.split(".")[1], address, check)

    def release_others(self, services: Mapping[str, Spec], networks: Collection[str]) -> None:
        """Take back what services of the deployment had and these specifications do not say."""
        claims = of_services(self._deployment, services, networks)
        for network in networks:
            store = AddressStore(self._consul, self._deployment, network)
            for owner in store.all():
                if is_instance(owner, self._deployment) and owner not in claims.get(network, {}):
                    store.absent(owner)

    def _allocated(self, claims: Claims) -> list[str]:
        """Before the first deploy nobody can have anything."""
        return [
            network
            for network in claims
            if self._consul.get(names.subnet_owner_key(f"{self._deployment}/{network}")).index
        ]
