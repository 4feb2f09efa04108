"""Remembers who on this member wants to hear of a path."""
