"""hikari_tools.bench.plots: pictures of what was measured, and of nothing else."""

from xml.etree import ElementTree

from tools.canned import report

from hikari_tools.bench import plots
from hikari_tools.bench.figures import figures

SVG = "{http://www.w3.org/2000/svg}"


def words(file):
    """All that stands in a picture; a file that is no XML fails here."""
    return [found.text for found in ElementTree.parse(file).iter(f"{SVG}text")]


def three(figure, **rates):
    return [report(figure, label, rate) for label, rate in rates.items()]


def test_each_peer_has_a_bar_for_each_figure_that_it_has_too(tmp_path):
    """With how many times better ours is; of what nobody else did there is none."""
    reports = three("get 1x1", hikari=300, zookeeper=100, etcd=200)
    reports += three("lock 1x1", hikari=80, zookeeper=100) + three("create 1x1", hikari=9)
    assert list(plots.bars(figures(reports), "ops_per_s")) == [
        ("get 1x1", "zookeeper", 3.0),
        ("get 1x1", "etcd", 1.5),
        ("lock 1x1", "zookeeper", 0.8),
    ]
    drawn = {file.stem: words(file) for file in plots.draw(reports, tmp_path / "plots")}
    assert list(drawn) == ["throughput", "latency", "processor"]
    assert {"get 1x1", "3.00", "1.50", "lock 1x1", "0.80"} <= set(drawn["throughput"])
    assert "create 1x1" not in drawn["throughput"]


def test_less_latency_is_better(tmp_path):
    """So that in each picture the longer bar is the better one."""
    reports = three("get 1x1", hikari=1, zookeeper=1)
    reports[1]["latency_us"] = {"p50": 20.8, "p99": 1, "p99.9": 1}
    assert list(plots.bars(figures(reports), "p50_us")) == [("get 1x1", "zookeeper", 2.0)]


def test_a_bar_begins_at_one_and_is_longer_the_better():
    """On a logarithmic scale: twice as good is as long to the right as half to the left."""
    reports = three("get 1x1", hikari=200, zookeeper=100)
    reports += three("set 1x1", hikari=50, zookeeper=100)
    picture = ElementTree.fromstring(str(plots.ratios(figures(reports), "ops_per_s")))
    boxes = [box for box in picture.iter(f"{SVG}rect") if box.get("height") == "11.0"]
    right, left = ((float(box.get("x")), float(box.get("width"))) for box in boxes)
    assert right[0] == left[0] + left[1]
    assert right[1] == left[1]


def test_latency_over_load_is_a_curve_for_each_server(tmp_path):
    """p99, and p99.9 dashed."""
    reports = [
        report(f"set open {load:.0%}", label, load=load)
        for label in ("hikari", "zookeeper")
        for load in (0.1, 0.5, 0.9)
    ]
    (file,) = plots.draw(reports, tmp_path)
    assert file.name == "open-set.svg"
    assert {"Hikari", "ZooKeeper", "50%"} <= set(words(file))
    lines = [
        line
        for line in ElementTree.parse(file).iter(f"{SVG}polyline")
        if line.get("stroke") in plots.COLOURS.values()
    ]
    assert [len(line.get("points").split()) for line in lines] == [3] * 4
    assert sum(bool(line.get("stroke-dasharray")) for line in lines) == 2


def test_what_was_not_measured_is_not_drawn(tmp_path):
    """Not even its folder is made."""
    assert plots.draw(three("get 1x1", hikari=1), tmp_path / "plots") == []
    assert not (tmp_path / "plots").exists()
