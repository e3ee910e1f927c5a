"""The sub-commands of `arpanet`, one a file."""


class CommandError(Exception):
    """What was asked for cannot be done; the message says why and what to do."""
