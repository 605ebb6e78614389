"""Finding sage.yaml: in real git repositories, folders and single files."""

import subprocess
from pathlib import Path

import pytest

from ecr.errors import NotFoundError, UsageError
from ecr.stages.importing.places import Wanted, find_in_clone, find_places
from tests.unit.importing.conversion_case import CLEAN

OFFLINE = Wanted(offline=True)
COMMIT = "f" * 40


def git(repository: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.edu")
    outcome = subprocess.run(
        ["git", *identity, *arguments], cwd=repository, check=True, capture_output=True, text=True
    )
    return outcome.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with two apps, one at the top and one below."""
    top = tmp_path / "engine"
    (top / "apps" / "two").mkdir(parents=True)
    git(top, "init", "--quiet", "--initial-branch=main")
    git(top, "remote", "add", "origin", "git@github.com:ada/engine.git")
    (top / "sage.yaml").write_text(CLEAN, "utf-8")
    (top / "apps" / "two" / "sage.yaml").write_text(CLEAN.replace("engine", "two"), "utf-8")
    (top / "link.yaml").symlink_to("sage.yaml")
    git(top, "add", ".")
    git(top, "commit", "--quiet", "-m", "two apps")
    return top


def test_every_app_of_a_checkout_is_found_at_its_commit(checkout: Path, tmp_path: Path):
    places = find_places(str(checkout), OFFLINE, tmp_path)
    commit = git(checkout, "rev-parse", "HEAD")
    assert [
        (place.shown, place.directory, place.repository, place.commit, place.ref, place.doubts)
        for place in places
    ] == [
        ("apps/two/sage.yaml", "apps/two", "https://github.com/ada/engine", commit, "main", ()),
        ("sage.yaml", ".", "https://github.com/ada/engine", commit, "main", ()),
    ]


def test_a_directory_or_file_of_a_checkout_names_one_app(checkout: Path, tmp_path: Path):
    for source in (checkout / "apps", checkout / "apps" / "two" / "sage.yaml"):
        assert [p.shown for p in find_places(str(source), OFFLINE, tmp_path)] == [
            "apps/two/sage.yaml"
        ]


def test_changes_that_are_not_committed_are_not_read_and_are_named(checkout: Path, tmp_path: Path):
    (checkout / "sage.yaml").write_text("changed", "utf-8")
    place = find_places(str(checkout / "sage.yaml"), OFFLINE, tmp_path)[0]
    assert place.content == CLEAN.encode()
    assert place.doubts == (
        (
            "I044",
            "the working tree has changes that are not committed; they are not imported",
            "commit them and import again",
        ),
    )


def test_links_are_not_files(checkout: Path, tmp_path: Path):
    place = find_places(str(checkout), OFFLINE, tmp_path)[0]
    assert place.tree is not None
    assert sorted(place.tree.list_files()) == ["apps/two/sage.yaml", "sage.yaml"]


def test_a_tag_of_the_commit_gives_the_version(checkout: Path, tmp_path: Path):
    git(checkout, "tag", "v2.1.0")
    git(checkout, "tag", "stable")
    place = find_places(str(checkout), OFFLINE, tmp_path)[0]
    assert place.tag_version == "2.1.0"
    git(checkout, "tag", "v2.1.1")
    assert find_places(str(checkout), OFFLINE, tmp_path)[0].tag_version is None


def test_another_branch_can_be_read(checkout: Path, tmp_path: Path):
    git(checkout, "switch", "--quiet", "--create", "next")
    (checkout / "sage.yaml").write_text(CLEAN.replace("0.1.0", "0.2.0"), "utf-8")
    git(checkout, "commit", "--quiet", "--all", "-m", "next")
    git(checkout, "switch", "--quiet", "main")
    place = find_places(str(checkout / "sage.yaml"), Wanted(ref="next", offline=True), tmp_path)[0]
    assert b"0.2.0" in place.content
    assert (place.ref, place.commit) == ("next", git(checkout, "rev-parse", "next"))


def test_a_repository_is_cloned_and_its_tags_are_asked_for(checkout: Path, tmp_path: Path):
    git(checkout, "tag", "v2.1.0")
    commit = git(checkout, "rev-parse", "HEAD")
    for number, ref in enumerate([None, "main", "v2.1.0"]):
        scratch = tmp_path / str(number)
        scratch.mkdir()
        places = find_in_clone(checkout.as_uri(), ref, None, Wanted(), scratch)
        assert [(p.shown, p.commit, p.ref, p.tag_version) for p in places] == [
            ("apps/two/sage.yaml", commit, ref, "2.1.0"),
            ("sage.yaml", commit, ref, "2.1.0"),
        ]


def test_one_commit_of_a_repository_can_be_fetched(checkout: Path, tmp_path: Path):
    commit = git(checkout, "rev-parse", "HEAD")
    git(checkout, "commit", "--quiet", "--allow-empty", "-m", "later")
    git(checkout, "config", "uploadpack.allowAnySHA1InWant", "true")
    places = find_in_clone(checkout.as_uri(), commit, "apps", Wanted(), tmp_path)
    assert [(p.shown, p.commit, p.ref) for p in places] == [("apps/two/sage.yaml", commit, None)]


def test_a_folder_that_is_no_checkout_needs_to_be_told_where_it_belongs(tmp_path: Path):
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "sage.yaml").write_text(CLEAN, "utf-8")
    wanted = Wanted(source_url="git@github.com:ada/engine.git", commit=COMMIT, offline=True)
    place = find_places(str(folder), wanted, tmp_path)[0]
    assert (place.shown, place.repository, place.commit, place.directory) == (
        "sage.yaml",
        "https://github.com/ada/engine",
        COMMIT,
        ".",
    )


def test_a_file_with_a_commit_is_not_looked_up_in_the_repository_around_it(
    checkout: Path, tmp_path: Path
):
    source = str(checkout / "sage.yaml")
    place = find_places(source, Wanted(commit=COMMIT, offline=True), tmp_path)[0]
    assert (place.shown, place.repository, place.commit, place.tree) == (
        "sage.yaml",
        None,
        COMMIT,
        None,
    )


@pytest.mark.parametrize(
    ("source", "wanted", "error", "message"),
    [
        ("/nowhere/at/all", OFFLINE, NotFoundError, "'/nowhere/at/all' does not exist"),
        (
            "https://github.com/ada/engine",
            OFFLINE,
            UsageError,
            "https://github.com/ada/engine cannot be read offline",
        ),
        (
            "ext::sh://x",
            Wanted(),
            UsageError,
            "'ext::sh://x' is not an address of a repository",
        ),
        (".", Wanted(source_url="nowhere", offline=True), UsageError, None),
    ],
    ids=["a path that is not there", "an address offline", "a transport that runs commands", "."],
)
def test_a_source_that_cannot_be_read_is_an_error_a_person_understands(
    source: str, wanted: Wanted, error: type[Exception], message: str | None, tmp_path: Path
):
    if source == ".":
        source = str(tmp_path)
        (tmp_path / "sage.yaml").write_text(CLEAN, "utf-8")
        message = "'nowhere' is not the address of a repository"
    with pytest.raises(error) as raised:
        find_places(source, wanted, tmp_path / "scratch")
    assert str(raised.value) == message


def test_a_source_without_a_sage_yaml_is_an_error(tmp_path: Path):
    with pytest.raises(NotFoundError, match=r"^there is no sage\.yaml in "):
        find_places(str(tmp_path), OFFLINE, tmp_path)
