"""What a stack's file can ask for beyond services: order, several networks, volumes that stay."""

from pathlib import Path

import pytest
from conftest import Temporary
from harness.cluster import Cluster
from harness.node import NodeError
from harness.playbooks import Playbooks

ORDER = """\
services:
  database:
    image: redis
    healthcheck: {test: [CMD, redis-cli, ping], interval: 1s}
  migrate:
    image: python:3-slim
    command: [python, -c, "import time; time.sleep(2); print('migrated')"]
    depends_on: {database: {condition: service_healthy}}
  web:
    image: acmeinc/productcatalog
    stop_grace_period: 1s
    depends_on:
      migrate: {condition: service_completed_successfully}
      database: {condition: service_started}
"""

NETWORKS = """\
services:
  database: {image: redis, networks: [back]}
  api: {image: acmeinc/productcatalog, stop_grace_period: 1s, networks: [back, front]}
  web: {image: acmeinc/productcatalog, stop_grace_period: 1s, networks: [front]}
networks: {back: {}, front: {}}
"""

VOLUME = """\
services:
  database: {image: redis, volumes: ["data:/data"]%s}
volumes: {data: {}}
"""


def written(directory: Path, text: str) -> Path:
    file = directory / "compose.yml"
    file.write_text(text)
    return file


def test_each_service_starts_when_what_it_needs_is_there(
    temporary: Temporary, tmp_path: Path, cluster: Cluster, playbooks: Playbooks
) -> None:
    file = written(tmp_path, ORDER)
    with temporary("order", file):
        services = {item["ID"]: item["Spec"]["Name"] for item in cluster.swarm("services")}
        tasks = {services[task["ServiceID"]]: task for task in cluster.swarm("tasks") if task["ServiceID"] in services}
        database, migrate, web = (tasks[f"order_{name}"] for name in ("database", "migrate", "web"))
        assert migrate["Status"]["State"] == "complete"
        assert migrate["CreatedAt"] > database["Status"]["Timestamp"], "after the database was healthy"
        assert web["CreatedAt"] > migrate["Status"]["Timestamp"], "after the migration was complete"
        assert playbooks.deploy(file, "order").changed == 0


def test_a_circle_is_refused_before_anything_changes(tmp_path: Path, cluster: Cluster, playbooks: Playbooks) -> None:
    circle = "services: {a: {image: redis, depends_on: [b]}, b: {image: redis, depends_on: [a]}}"
    run = playbooks.run("deploy", stack=str(written(tmp_path, circle)), deployment="circle")
    assert run.code != 0
    assert "cycle" in run.words or "circle" in run.words
    assert not [key for key in cluster.kv("arpanet/") if "circle" in key]


def test_names_answer_where_networks_meet(temporary: Temporary, tmp_path: Path, cluster: Cluster) -> None:
    with temporary("nets", written(tmp_path, NETWORKS)):
        (api,), (web,) = cluster.containers("nets", "api"), cluster.containers("nets", "web")
        (database,) = cluster.containers("nets", "database")
        assert api.resolve("database") == [database.addresses["nets_back"]]
        assert web.resolve("api") == [api.addresses["nets_front"]]
        assert web.ask("api")["service"] == "catalogue"
        # They share no network.
        with pytest.raises(NodeError, match="exit code"):
            web.resolve("database")


@pytest.mark.long
def test_data_stays_where_it_is_until_it_is_moved_in_so_many_words(
    temporary: Temporary, tmp_path: Path, cluster: Cluster, playbooks: Playbooks
) -> None:
    file = written(tmp_path, VOLUME % "")
    with temporary("vol", file):
        (database,) = cluster.containers("vol", "database")
        database.run("redis-cli", "set", "kept", "yes")
        database.run("redis-cli", "save")
        elsewhere = next(node.name for node in cluster.nodes if node.name != database.node.name)
        there = f', deploy: {{placement: {{constraints: [node.hostname=="{elsewhere}"]}}}}'
        file.write_text(VOLUME % there.replace('"', ""))
        refused = playbooks.run("deploy", stack=str(file), deployment="vol")
        assert refused.code != 0
        assert f"its volume data is on {database.node.name}" in refused.words
        # A removal keeps the data, and the next deployment finds it again.
        playbooks.remove("vol")
        file.write_text(VOLUME % "")
        playbooks.deploy(file, "vol")
        (again,) = cluster.containers("vol", "database")
        assert again.node == database.node
        assert again.run("redis-cli", "get", "kept").strip() == "yes"
        file.write_text(VOLUME % there.replace('"', ""))
        playbooks.deploy(file, "vol", move_volumes=["data"])
        (moved,) = cluster.containers("vol", "database")
        assert moved.node.name == elsewhere
        playbooks.do("remove", deployment="vol", volumes="true")
    left = cluster.each(lambda node: node.run("docker volume ls -q --filter label=arpanet.deployment=vol").split())
    assert not any(left.values()), left
    assert not [key for key in cluster.kv("arpanet/") if "vol" in key.split("/")]
