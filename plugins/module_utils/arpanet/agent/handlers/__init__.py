"""A process of its own: runs the programs in /etc/arpanet/handlers.d when something happens.

Apart from the agent, which has next to no rights: handlers do what root wants done.
"""
