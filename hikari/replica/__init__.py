"""Moves everything, once a turn, in the safe order."""
