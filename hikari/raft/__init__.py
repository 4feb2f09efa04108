"""Decides what is agreed. Ticks, chance and messages are handed in."""
