"""Claims about a deployment that several tests make; for `eventually`."""

from .cluster import Cluster

# Consul gives no more in one datagram, and says that there are more: resolvers then ask by TCP.
DATAGRAM = 8


def dns_agrees(cluster: Cluster, deployment: str, service: str, count: int) -> dict[str, str]:
    """Every node's resolver gives the addresses of exactly `count` running instances, as many as it gives at once.

    Returns instance -> address.
    """
    running = cluster.containers(deployment, service)
    found = {container.instance: container.address for container in running}
    assert len(running) == len(found) == count, found
    name = f"{service}.{deployment}.service.consul"
    for node, answer in cluster.each(lambda node: node.dns(name)[name]).items():
        agrees = set(answer) <= set(found.values()) and len(answer) == min(count, DATAGRAM)
        assert agrees, f"{node} answers {answer} for {name}, running are {found}"
    return found


def answers(cluster: Cluster, deployment: str, asker: str, service: str) -> set[str]:
    """The instances that answer an asker that asks for a service by its plain name, each address once.

    The name is resolved inside the asker; it has to give one address for each running instance.
    """
    askers = cluster.containers(deployment, asker)
    assert askers, f"{asker} of {deployment} does not run"
    inside = askers[0]
    addresses = inside.resolve(service)
    running = {container.address: container.instance for container in cluster.containers(deployment, service)}
    assert addresses == sorted(running), f"{service!r} is {addresses} inside {inside.instance}, running are {running}"
    answered = set()
    for address in addresses:
        said = inside.ask(address)["instance"]
        assert said == running[address], f"{address} is {running[address]} and says that it is {said}"
        answered.add(said)
    assert inside.ask(service)["instance"] in answered
    return answered


def settled(cluster: Cluster) -> None:
    """What is to run runs, and nothing else: no instance waits for the one whose place it takes."""
    moving = [
        f"{task['ID']} is to be {task['DesiredState']} and is {task['Status']['State']}"
        for task in cluster.swarm("tasks")
        if (task["DesiredState"] == "running") != (task["Status"]["State"] == "running")
    ]
    assert not moving, moving


def leases_agree(cluster: Cluster) -> None:
    """Every address of every instance is leased, to that container on that node, and no other is."""
    wanted = {
        f"arpanet/deployments/{one.deployment}/leases/{address}": (one.instance, one.id, one.node.name, network)
        for one in cluster.containers()
        for network, address in one.addresses.items()
        if network.startswith(f"{one.deployment}_")
    }
    stated = {key for key, (value, _) in cluster.kv("arpanet/deployments/").items() if value.get("owner")}
    held = {
        key: (value["instance"], value["container"], value["node"], value["network"])
        for key, (value, _) in cluster.kv("arpanet/deployments/").items()
        if "/leases/" in key and key not in stated
    }
    # An address that a file states is its owner's, whichever container has it.
    assert held == {key: value for key, value in wanted.items() if key not in stated}


def rests(cluster: Cluster, deployment: str) -> list[str]:
    """What is left of a deployment anywhere in the cluster."""
    left = []
    for kind in ("services", "networks", "secrets", "configs", "tasks"):
        for item in cluster.swarm(kind):
            labels = (item.get("Spec") or {}).get("Labels") or item.get("Labels") or {}
            if labels.get("arpanet.deployment") == deployment:
                left.append(f"{kind}: {item.get('Name') or item.get('Spec', {}).get('Name') or item['ID']}")
    for key, (value, _) in cluster.kv("arpanet/").items():
        if key.startswith("arpanet/deployments/") and key.split("/")[2] == deployment:
            left.append(f"key {key}")
        if f"/owners/{deployment}/" in key:
            left.append(f"subnet {key}")
        if "/blocks/" in key:
            left += [f"subnet {cidr} in {key}" for cidr, owner in value.items() if owner.split("/")[0] == deployment]
    left += [f"registration {name}" for name in cluster.registrations(deployment)]
    for node, networks in cluster.each(lambda node: node.engine("/networks")).items():
        left += [f"network {one['Name']} on {node}" for one in networks if one["Name"].startswith(f"{deployment}_")]
    left += [f"container {one.instance} on {one.node.name}" for one in cluster.containers(deployment)]
    return left
