"""Carries messages between members: in order, at most once, or not at all."""
