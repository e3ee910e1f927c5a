# Copyright: the arpanet.cluster authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deployments on a Swarm and Consul cluster. Knows nothing of Ansible."""
