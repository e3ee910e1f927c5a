"""Runs on a manager: sets the number of instances of a Swarm service. Arguments: service, number."""

import sys

import docker

api = docker.APIClient(version="auto")
service = api.inspect_service(sys.argv[1])
spec = service["Spec"]
api.update_service(
    service["ID"],
    service["Version"]["Index"],
    task_template=spec["TaskTemplate"],
    name=spec["Name"],
    labels=spec["Labels"],
    mode={"Replicated": {"Replicas": int(sys.argv[2])}},
    update_config=spec["UpdateConfig"],
    rollback_config=spec["RollbackConfig"],
    endpoint_spec=spec["EndpointSpec"],
    fetch_current_spec=False,
)
