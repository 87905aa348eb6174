import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.metrics import Metrics


@pytest.fixture
def metrics(tmp_path: Path) -> Iterator[Metrics]:
    made = Metrics(tmp_path / "metrics")
    yield made
    made.close()


def value(metrics: Metrics, sample: str) -> float:
    found = [line for line in metrics.render().decode().splitlines() if line.startswith(sample)]
    return float(found[0].rsplit(" ", 1)[1]) if found else 0.0


def test_counters_add_up_over_processes(metrics: Metrics) -> None:
    metrics.count("errors", code="P104")
    children = []
    for _ in range(3):
        child = os.fork()
        if child == 0:
            for _ in range(10):
                metrics.count("errors", code="P104")
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    metrics.count("errors", code="P104")
    metrics.count("errors", code="S101")

    assert value(metrics, 'warifu_errors_total{code="P104"}') == 32
    assert value(metrics, 'warifu_errors_total{code="S101"}') == 1


def test_every_label_value_is_a_line_of_its_own(metrics: Metrics) -> None:
    metrics.count("answers", status="Success", context='a"\n\\b')

    assert rb'context="a\"\n\\b"' in metrics.render()
    assert b"# TYPE warifu_answers_total counter" in metrics.render()


@pytest.mark.parametrize(("name", "labels"), [("unknown", {}), ("errors", {}), ("errors", {"code": "a", "more": "b"})])
def test_what_is_not_declared_is_not_counted(metrics: Metrics, name: str, labels: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="no counter"):
        metrics.count(name, **labels)


def test_the_site_begins_at_nothing(metrics: Metrics, tmp_path: Path) -> None:
    assert metrics.render() == b""
    metrics.count("errors", code="P104")

    Metrics(tmp_path / "metrics").forget()

    assert Metrics(tmp_path / "metrics").render() == b""


def test_f07_a_place_that_cannot_be_written_costs_the_count_only(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    Metrics(tmp_path / "file" / "metrics").count("errors", code="P104")
