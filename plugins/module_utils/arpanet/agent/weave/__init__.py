"""Weave on this node: its plugin is enabled, its peers are the cluster's nodes, its networks are kept apart."""
