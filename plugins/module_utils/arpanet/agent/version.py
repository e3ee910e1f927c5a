"""The version of this agent: the collection's (galaxy.yml), which a unit test holds."""

VERSION = "0.1.0"
