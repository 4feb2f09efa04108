"""Hikari: a coordination server that speaks ZooKeeper's protocol."""
