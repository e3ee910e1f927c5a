"""One thin adapter for each outside system."""
