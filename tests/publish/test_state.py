"""The state of a tree survives a kill and a damaged file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecr.findings import Finding, Severity
from ecr.stages.publish.outputs import BundleSummary
from ecr.stages.publish.state import BundleOutcome, TreeState, dump_summary

if TYPE_CHECKING:
    from pathlib import Path

FINDING = Finding("a.yaml", 3, 5, "W301", "license", "no licence", "", Severity.WARNING)
SUMMARY = BundleSummary("sage/a", {"title": "A"}, ({"id": "sage/a:1.0.0"},), ({"x": 1},))


def outcome(bundle: str, *, published: bool = True) -> BundleOutcome:
    summary = dump_summary(SUMMARY) if published else None
    return BundleOutcome(bundle, "stamp", summary, (FINDING,))


def test_what_is_remembered_comes_back_equal(tmp_path: Path) -> None:
    state = TreeState(tmp_path / "state")
    state.remember([outcome("sage/a"), outcome("sage/hidden", published=False)])
    state.close()
    again = TreeState(tmp_path / "state")
    assert again.stamps() == {"sage/a": "stamp", "sage/hidden": "stamp"}
    assert again.summaries() == [SUMMARY]
    assert again.findings() == [FINDING, FINDING]


def test_bundles_of_an_interrupted_run_are_not_remembered(tmp_path: Path) -> None:
    state = TreeState(tmp_path / "state")
    state.remember([outcome("sage/a"), outcome("sage/b")])
    state.forget(["sage/a"])
    state.close()
    assert TreeState(tmp_path / "state").stamps() == {"sage/b": "stamp"}


def test_damaged_state_is_started_anew(tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(b"not a database, but long enough to be taken for one" * 50)
    assert TreeState(tmp_path / "state").stamps() == {}


def test_copy_holds_the_same(tmp_path: Path) -> None:
    state = TreeState(tmp_path / "state")
    state.put("key", "value")
    state.remember([outcome("sage/a")])
    state.set_shared_paths({"b", "a"})
    state.copy_to(tmp_path / "copy")
    copy = TreeState(tmp_path / "copy")
    assert copy.get("key") == "value"
    assert copy.stamps() == state.stamps()
    assert copy.shared_paths() == {"a", "b"}
