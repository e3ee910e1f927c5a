"""The stacks that the tests deploy."""

from pathlib import Path

# As a user types it in the checkout.
FIG = "examples/arpanet2/fig.yml"
PROBE = Path(__file__).parents[1] / "stacks/probe/compose.yml"
SPEC = Path(__file__).parents[1] / "stacks/spec/compose.yml"
