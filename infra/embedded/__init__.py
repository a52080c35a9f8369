"""Servers Waymark starts itself, on this machine's loopback only: for a laptop and for tests, never in service."""
