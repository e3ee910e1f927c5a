"""What the tests on real nodes share: the nodes, the playbooks, waiting for a condition."""
