"""What a session promises holds in any weather. `WEATHER_SEEDS=1000-2000` looks further."""

import os

import pytest
from client.weather import World

FIRST, LAST = map(int, os.environ.get("WEATHER_SEEDS", "1-60").split("-"))
STEPS = 150


@pytest.mark.parametrize("seed", range(FIRST, LAST + 1))
def test_what_a_session_promises_holds_in_any_weather(seed: int) -> None:
    World(seed).live(STEPS)
