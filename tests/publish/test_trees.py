"""The exchange of trees: what was there stays whole, and what is not ours is left alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from ecr.errors import OutputError
from ecr.stages.publish import trees as trees_module
from ecr.stages.publish.trees import (
    MARKER,
    Trees,
    discard,
    exchange,
    link_tree,
    lock_trees,
    open_trees,
    recover,
    replace_file,
    sweep,
    write_file,
)

if TYPE_CHECKING:
    from pathlib import Path


def make_tree(directory: Path, text: str) -> None:
    write_file(str(directory / MARKER), text.encode())


@pytest.fixture
def trees(tmp_path: Path) -> Trees:
    made = open_trees(tmp_path / "site")
    make_tree(made.spare, "new")
    return made


def read(tree: Path) -> str:
    return (tree / MARKER).read_text()


def test_first_exchange_makes_the_spare_tree_live(trees: Trees) -> None:
    exchange(trees)
    assert read(trees.live) == "new"
    assert not trees.spare.exists()


@pytest.mark.parametrize("atomic", [True, False], ids=["renameat2", "three renames"])
def test_exchange_swaps_both_trees(
    trees: Trees, atomic: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tree(trees.live, "old")
    if not atomic:
        monkeypatch.setattr(trees_module, "_rename_exchange", lambda _first, _second: False)
    state = trees.state_of(trees.live)
    exchange(trees)
    assert (read(trees.live), read(trees.spare)) == ("new", "old")
    assert trees.state_of(trees.spare) == state, "a state follows its tree"


@pytest.mark.parametrize("renames", [1, 2], ids=["after one rename", "after two renames"])
def test_interrupted_exchange_in_three_renames_is_finished_by_the_next_run(
    trees: Trees, renames: int
) -> None:
    make_tree(trees.live, "old")
    aside = trees.workshop / "aside"
    trees.live.rename(aside)
    if renames == 2:
        trees.spare.rename(trees.live)
    recover(trees)
    assert read(trees.live) == ("old" if renames == 1 else "new")
    assert not aside.exists()


def test_directory_that_was_not_published_by_us_is_refused(tmp_path: Path) -> None:
    precious = tmp_path / "home"
    precious.mkdir()
    (precious / "thesis.tex").write_text("years of work")
    with pytest.raises(OutputError, match="holds files that were not published by ecr"):
        open_trees(precious)
    assert (precious / "thesis.tex").read_text() == "years of work"


def test_link_as_output_is_refused(tmp_path: Path) -> None:
    (tmp_path / "site").symlink_to(tmp_path)
    with pytest.raises(OutputError, match="is not a directory"):
        open_trees(tmp_path / "site")


def test_second_publisher_is_told_to_wait(trees: Trees) -> None:
    refused = pytest.raises(OutputError, match="another ecr is publishing")
    with lock_trees(trees), refused, lock_trees(trees):
        pass


def test_replacing_a_file_of_a_linked_tree_leaves_the_other_tree_alone(trees: Trees) -> None:
    copy = trees.workshop / "copy"
    link_tree(os.fspath(trees.spare), os.fspath(copy))
    assert (copy / MARKER).samefile(trees.spare / MARKER)
    assert replace_file(copy / MARKER, b"changed")
    assert (read(copy), read(trees.spare)) == ("changed", "new")


def test_replacing_a_file_by_the_same_bytes_does_nothing(trees: Trees) -> None:
    before = (trees.spare / MARKER).stat()
    assert not replace_file(trees.spare / MARKER, b"new")
    assert (trees.spare / MARKER).stat().st_ino == before.st_ino


def test_writing_over_an_existing_file_fails(trees: Trees) -> None:
    with pytest.raises(FileExistsError):
        write_file(str(trees.spare / MARKER), b"again")


def test_sweeping_deletes_trash_and_states_of_lost_trees_only(trees: Trees) -> None:
    kept = trees.state_of(trees.spare)
    kept.write_bytes(b"")
    lost = trees.workshop / "state-1.sqlite"
    lost.write_bytes(b"")
    make_tree(trees.workshop / "doomed", "x")
    assert discard(trees.workshop / "doomed") is not None
    sweep(trees)
    assert sorted(p.name for p in trees.workshop.iterdir()) == sorted(["spare", kept.name])
