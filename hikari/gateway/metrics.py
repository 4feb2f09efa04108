"""`/metrics`, for Prometheus: the same figures as `mntr`, under the names that ZooKeeper 3.9 gives
them there, so that its dashboards fill; and what Python tells of its process."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import (
    GaugeMetricFamily,
    Metric,
    SummaryMetricFamily,
    UntypedMetricFamily,
)
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from hikari.gateway.figures import TEXTS, counters, everything
from hikari.tally import Tally

if TYPE_CHECKING:
    from hikari.gateway.door import Door

CONTENT_TYPE: Final = b"text/plain; version=0.0.4; charset=utf-8"


class _Figures(Collector):
    """Looks at the door each time it is asked: nothing is counted twice."""

    def __init__(self, door: "Door") -> None:
        self._door = door

    def collect(self) -> Iterator[Metric]:
        """ZooKeeper's counters end in no `_total`, which a family of counters would add."""
        counted = {name for name, _ in counters(self._door)}
        for name, value in everything(self._door):
            told = name.replace("_", " ")
            if isinstance(value, Tally):
                yield SummaryMetricFamily(name, told, value.count, value.total)
            elif isinstance(value, dict):
                of_each = SummaryMetricFamily(name, told, labels=["key"])
                for member, tally in sorted(value.items()):
                    of_each.add_metric([str(member)], tally.count, tally.total)
                yield of_each
            elif name in TEXTS:
                continue
            elif name in counted:
                yield UntypedMetricFamily(name, told, float(value))
            else:
                yield GaugeMetricFamily(name, told, float(value))


class Metrics:
    """Of one member."""

    def __init__(self, door: "Door") -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Figures(door))
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        GCCollector(registry=self._registry)

    def page(self) -> bytes:
        """In Prometheus's text format."""
        return generate_latest(self._registry)
