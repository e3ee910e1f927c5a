"""`make bench`: what the collection costs in time, beside its targets and its peers."""

import sys
from pathlib import Path

# The nodes are reached as the tests on real nodes reach them.
sys.path.insert(0, str(Path(__file__).parents[1] / "tests/cluster"))
