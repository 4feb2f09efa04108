"""Ensembles of real processes for the tests beside this file: always ended, logs shown."""

import pytest
from ensemble.ensemble import Ensemble


@pytest.fixture
def make(tmp_path):
    """Give a function that starts ensembles; all are ended, and their logs read, at the end."""
    made = []

    def start(members=3, settings="", **others):
        made.append(Ensemble(tmp_path / f"ensemble-{len(made)}", members, settings, **others))
        return made[-1].start()

    start.made = made
    yield start
    for one in made:
        one.close()
    for one in made:
        one.demand_clean_logs()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Show the members' logs under a test that failed."""
    outcome = yield
    report = outcome.get_result()
    make = getattr(item, "funcargs", {}).get("make")
    if report.failed and make:
        for one in make.made:
            for number in one.numbers:
                report.sections.append((f"log of member {number}", one.log(number)[-5000:]))
