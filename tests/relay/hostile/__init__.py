"""Peers that mean harm; a bystander's latency is measured meanwhile."""
