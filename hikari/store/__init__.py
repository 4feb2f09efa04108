"""Keeps entries and rows through a crash."""
