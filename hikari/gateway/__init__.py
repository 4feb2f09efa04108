"""Holds each client's order and its session's connection."""
