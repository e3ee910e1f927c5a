"""Seconds to read a deployment from the Engine and to plan it against itself."""

import sys
import time

from arpanet.adapters.engine import Engine
from arpanet.core.plan import plan
from arpanet.core.stack import Desired

engine = Engine()
began = time.monotonic()
actual = engine.actual(sys.argv[1])
todo = plan(Desired(sys.argv[1], actual.services, actual.networks), actual)
seconds = time.monotonic() - began
if todo or not actual.services:
    raise SystemExit("the deployment is not what it was")
print(seconds)
