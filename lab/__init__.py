"""Real nodes in containers, for the tests and the demo."""
