"""The agent that runs on every node."""
