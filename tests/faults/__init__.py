"""Faults on real processes: networks, clocks, kills and pauses, under clients that take notes."""

from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
ROOT = TESTS.parent
