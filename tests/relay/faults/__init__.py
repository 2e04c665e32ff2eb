"""Disks that fail, clocks that jump, memory and descriptors that run out, processes that are killed."""
