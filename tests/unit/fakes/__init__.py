"""Stand-ins for outside systems, with their real semantics where the code relies on them."""
