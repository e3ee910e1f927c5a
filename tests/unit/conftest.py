"""Makes `ansible_collections.arpanet.cluster` importable from the checkout, without an installation."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / ".collections"))
