"""Sources: fetched from a real git server, archived byte for byte the same, unpacked again."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from pathlib import Path
from typing import ClassVar

import orjson
import pytest

from ecr.errors import ArchiveError, EcrError, OutputError, SourceGoneError, TransferError
from ecr.stages.archive.git_source import resolve_submodule_url
from ecr.stages.archive.release import CACHE, ArchiveOutcome, archive_release
from ecr.stages.archive.source import extract_source
from ecr.tools.object_store import LocalStore, copy_object
from tests.archive.conftest import Catalog, digest_of, list_objects
from tests.archive.https_server import Faults

TIME_S = 1777863721
"""2026-05-04T03:02:01Z, when all test commits are made."""


def no_progress(step: str, done: int, total: int) -> None:
    """Say nothing."""


def archive(catalog: Catalog, store, release: str, **more) -> ArchiveOutcome:
    entry = catalog.load(release)
    return archive_release(catalog.root, entry, store, progress=no_progress, **more)


def read_members(store: LocalStore, outcome: ArchiveOutcome) -> dict[str, tuple[int, bytes]]:
    """Return mode and content (or target of a link) of each member of a source's archive."""
    found = {}
    with tarfile.open(store.path(outcome.archives[0].digest)) as tar:
        for member in tar:
            assert (member.uid, member.gid, member.uname, member.gname) == (0, 0, "", "")
            assert member.mtime in (TIME_S, 315532800)
            file = tar.extractfile(member) if member.isreg() else None
            found[member.name] = (member.mode, file.read() if file else member.linkname.encode())
    return found


class TestAGitSource:
    def test_the_pinned_commit_is_stored_and_recorded(
        self, catalog, store, server, make_repository
    ):
        app = make_repository("app.git")
        app.write("bin/run", "#!/bin/sh\n", mode=0o755)
        (app.directory / "latest").symlink_to("bin/run")
        pinned = app.commit({"main.py": "print(1)\n"})
        app.commit({"main.py": "print(2)\n"})
        catalog.add("sage/app:1.0.0", git=app.url, commit=pinned)

        outcome = archive(catalog, store, "sage/app:1.0.0")

        assert read_members(store, outcome) == {
            "bin/run": (0o755, b"#!/bin/sh\n"),
            "latest": (0o777, b"bin/run"),
            "main.py": (0o644, b"print(1)\n"),
        }
        (source,) = outcome.archives
        stored = store.path(source.digest).read_bytes()
        assert (digest_of(stored), len(stored)) == (source.digest, source.size_bytes)
        assert digest_of(gzip.decompress(stored)) == source.content_digest
        tree = app.git("rev-parse", f"{pinned}^{{tree}}")
        assert orjson.loads(catalog.read_record("sage/app:1.0.0")) == {
            "schema_version": 1,
            "id": "sage/app:1.0.0",
            "commit": pinned,
            "source_time_s": TIME_S,
            "swhids": [f"swh:1:dir:{tree}", f"swh:1:rev:{pinned}"],
            "submodules": [],
            "large_files": [],
            "archives": [
                {
                    "name": "source",
                    "role": "source",
                    "digest": source.digest,
                    "size_bytes": source.size_bytes,
                    "media_type": "application/x-tar",
                    "compression": "gzip",
                    "content_digest": source.content_digest,
                }
            ],
        }

    def test_only_the_pinned_commit_is_transferred(self, catalog, store, server, make_repository):
        app = make_repository("app.git")
        app.commit({"old.bin": bytes(range(256)) * 40})
        (app.directory / "old.bin").unlink()
        pinned = app.commit({"main.py": "1\n"})
        catalog.add("sage/app:1.0.0", git=app.url, commit=pinned)
        archive(catalog, store, "sage/app:1.0.0")
        posts = [request for request in server.requests if request.method == "POST"]
        assert {request.headers.get("Git-Protocol") for request in posts} == {"version=2"}
        assert len(posts) == 1

    def test_two_machines_make_the_same_archive(self, tmp_path, server, make_repository):
        app = make_repository("app.git")
        names = ["ä.txt", "z" * 120 + "/" + "y" * 120, "a-b", "a/b", "a.b"]
        pinned = app.commit({name: f"{name}\n" for name in names})
        digests, records = set(), set()
        for place in ("one", "two"):
            (tmp_path / place / "bundles").mkdir(parents=True)
            catalog = Catalog(tmp_path / place)
            store = LocalStore(tmp_path / place / "store")
            catalog.add("sage/app:1.0.0", git=app.url, commit=pinned)
            outcome = archive(catalog, store, "sage/app:1.0.0")
            assert list(read_members(store, outcome)) == sorted(names, key=str.encode)
            digests.add(outcome.archives[0].digest)
            records.add(catalog.read_record("sage/app:1.0.0"))
        assert len(digests) == len(records) == 1

    def test_a_second_run_asks_nobody(self, catalog, store, server, make_repository):
        app = make_repository("app.git")
        catalog.add("sage/app:1.0.0", git=app.url, commit=app.commit({"main.py": "1\n"}))
        first = archive(catalog, store, "sage/app:1.0.0")
        before = (catalog.read_record("sage/app:1.0.0"), list_objects(store))
        server.close()
        server.requests.clear()
        second = archive(catalog, store, "sage/app:1.0.0", offline=True)
        assert (first.stored, second.stored) == (1, 0)
        assert second.archives == first.archives
        assert (catalog.read_record("sage/app:1.0.0"), list_objects(store)) == before
        assert server.requests == []

    def test_a_store_that_lost_it_is_filled_again(self, catalog, store, server, make_repository):
        app = make_repository("app.git")
        catalog.add("sage/app:1.0.0", git=app.url, commit=app.commit({"main.py": "1\n"}))
        first = archive(catalog, store, "sage/app:1.0.0")
        store.path(first.archives[0].digest).unlink()
        second = archive(catalog, store, "sage/app:1.0.0")
        assert (second.stored, second.archives, second.notes) == (1, first.archives, ())

    def test_attributes_in_the_repository_change_no_byte(
        self, catalog, store, server, make_repository
    ):
        app = make_repository("app.git")
        files = {
            ".gitattributes": b"* text eol=crlf\nversion export-subst\nsecret export-ignore\n",
            "version": b"$Format:%H$\n",
            "secret": b"kept\n",
            "text": b"one\ntwo\n",
        }
        catalog.add("sage/app:1.0.0", git=app.url, commit=app.commit(dict(files)))
        outcome = archive(catalog, store, "sage/app:1.0.0")
        members = read_members(store, outcome)
        assert {name: content for name, (_, content) in members.items()} == files

    def test_an_old_server_that_gives_out_only_branches(
        self, catalog, store, server, make_repository
    ):
        app = make_repository("app.git")
        pinned = app.commit({"main.py": "1\n"})
        app.commit({"main.py": "2\n"})
        server.faults["/git/app.git"] = Faults(old_git=True)
        catalog.add("sage/app:1.0.0", git=app.url, commit=pinned)
        outcome = archive(catalog, store, "sage/app:1.0.0")
        assert read_members(store, outcome) == {"main.py": (0o644, b"1\n")}

    def test_a_repository_with_sha256_has_no_swhid(self, catalog, store, server, make_repository):
        app = make_repository("app.git", object_format="sha256")
        pinned = app.commit({"main.py": "1\n"})
        assert len(pinned) == 64
        catalog.add("sage/app:1.0.0", git=app.url, commit=pinned)
        outcome = archive(catalog, store, "sage/app:1.0.0")
        assert read_members(store, outcome) == {"main.py": (0o644, b"1\n")}
        assert orjson.loads(catalog.read_record("sage/app:1.0.0"))["swhids"] == []

    def test_a_repository_that_moved_is_followed_and_noted(
        self, catalog, store, server, make_repository
    ):
        app = make_repository("new.git")
        pinned = app.commit({"main.py": "1\n"})
        old = f"{server.url}/git/old.git"
        server.faults["/git/old.git"] = Faults(redirect=f"{server.url}/git/new.git")
        catalog.add("sage/app:1.0.0", git=old, commit=pinned)
        outcome = archive(catalog, store, "sage/app:1.0.0")
        told = f"{old} has moved to {app.url}/; name that address in the next release"
        assert outcome.notes == (told,)
        assert outcome.stored == 1

    def test_nothing_is_kept_of_the_way_there(self, catalog, store, server, make_repository):
        app = make_repository("app.git")
        catalog.add("sage/app:1.0.0", git=app.url, commit=app.commit({"main.py": "1\n"}))
        archive(catalog, store, "sage/app:1.0.0")
        left = [path for path in (catalog.root / CACHE).rglob("*") if path.is_file()]
        assert [path for path in left if path.suffix != ".lock"] == []


class TestASourceThatCannotBeHad:
    @pytest.mark.parametrize(
        ("fault", "message", "hint"),
        [
            pytest.param(
                Faults(status=404),
                "{url} is gone, renamed or private: repository '{url}/' not found",
                "find where it is now; a release never changes: publish a new one that names it",
                id="a repository that is gone",
            ),
            pytest.param(
                Faults(status=401),
                "{url} is gone, renamed or private: Authentication failed for '{url}/'",
                "find where it is now; a release never changes: publish a new one that names it",
                id="a repository that has become private",
            ),
            pytest.param(
                Faults(status=503),
                "{url} cannot be reached: unable to access '{url}/': "
                "The requested URL returned error: 503",
                "check the network, or run again later",
                id="a host that is out of order",
            ),
        ],
    )
    def test_the_error_says_what_happened(
        self, catalog, store, server, make_repository, fault, message, hint
    ):
        app = make_repository("app.git")
        catalog.add("sage/app:1.0.0", git=app.url, commit=app.commit({"main.py": "1\n"}))
        server.faults["/git/app.git"] = fault
        with pytest.raises((SourceGoneError, TransferError)) as caught:
            archive(catalog, store, "sage/app:1.0.0")
        told = message.format(url=app.url)
        assert str(caught.value) == f"sage/app:1.0.0: source: {told}"
        assert caught.value.hint == hint
        assert list_objects(store) == []
        assert catalog.load("sage/app:1.0.0").build is None

    def test_a_commit_that_was_rewritten_away(self, catalog, store, server, make_repository):
        app = make_repository("app.git")
        app.commit({"main.py": "1\n"})
        gone = "1" * 40
        catalog.add("sage/app:1.0.0", git=app.url, commit=gone)
        with pytest.raises(SourceGoneError) as caught:
            archive(catalog, store, "sage/app:1.0.0")
        assert str(caught.value) == f"sage/app:1.0.0: source: commit {gone} is not in {app.url}"
        assert f"https://archive.softwareheritage.org/swh:1:rev:{gone}" in str(caught.value.hint)
        assert list_objects(store) == []

    def test_a_host_that_stops_half_way_and_then_recovers(
        self, catalog, store, server, make_repository
    ):
        app = make_repository("app.git")
        noise = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(4000))
        catalog.add("sage/app:1.0.0", git=app.url, commit=app.commit({"noise": noise}))
        server.faults["/git/app.git/git-upload-pack"] = Faults(stop_after=50_000)
        with pytest.raises(TransferError) as caught:
            archive(catalog, store, "sage/app:1.0.0")
        told = f"sage/app:1.0.0: source: {app.url} stopped half-way: "
        assert str(caught.value).startswith(told)
        assert list_objects(store) == []
        server.faults.clear()
        outcome = archive(catalog, store, "sage/app:1.0.0")
        assert read_members(store, outcome) == {"noise": (0o644, noise)}

    def test_a_host_that_is_not_there(self, catalog, store, server, make_repository):
        app = make_repository("app.git")
        catalog.add("sage/app:1.0.0", git=app.url, commit=app.commit({"main.py": "1\n"}))
        server.close()
        with pytest.raises(
            TransferError, match=r"source: .* cannot be reached: .*Failed to connect to localhost"
        ):
            archive(catalog, store, "sage/app:1.0.0")

    def test_offline_it_is_named_and_not_fetched(self, catalog, store, server, make_repository):
        app = make_repository("app.git")
        pinned = app.commit({"main.py": "1\n"})
        catalog.add("sage/app:1.0.0", git=app.url, commit=pinned)
        with pytest.raises(TransferError) as caught:
            archive(catalog, store, "sage/app:1.0.0", offline=True)
        assert str(caught.value) == (
            f"sage/app:1.0.0: source: commit {pinned} is not in the archive store, "
            f"and --offline forbids to fetch it from {app.url}"
        )
        assert server.requests == []

    def test_one_that_is_too_large_is_not_packed(
        self, catalog, store, server, make_repository, monkeypatch
    ):
        app = make_repository("app.git")
        catalog.add("sage/app:1.0.0", git=app.url, commit=app.commit({"data": "x" * 2000}))
        monkeypatch.setattr("ecr.stages.archive.git_source._MAX_BYTES", 1999)
        with pytest.raises(ArchiveError) as caught:
            archive(catalog, store, "sage/app:1.0.0")
        assert str(caught.value) == (
            "sage/app:1.0.0: source: its files have 2,000 bytes, and at most 1,999 are archived"
        )

    def test_locks_of_a_killed_git_do_not_stop_the_next_run(
        self, catalog, store, server, make_repository
    ):
        app = make_repository("app.git")
        catalog.add("sage/app:1.0.0", git=app.url, commit=app.commit({"main.py": "1\n"}))
        server.faults["/git/app.git/git-upload-pack"] = Faults(status=503)
        with pytest.raises(TransferError):
            archive(catalog, store, "sage/app:1.0.0")
        (repository,) = (catalog.root / CACHE / "git").glob("*.git")
        (repository / "shallow.lock").touch()
        server.faults.clear()
        assert archive(catalog, store, "sage/app:1.0.0").stored == 1


class TestSubmodules:
    def test_they_are_archived_at_the_commits_named(self, catalog, store, server, make_repository):
        deep = make_repository("deep.git")
        deep_commit = deep.commit({"deep.txt": "deep\n"})
        inner = make_repository("libs/inner.git")
        inner.commit({"inner.py": "1\n"})
        inner.add_submodule("vendor/deep", "../../deep.git", deep_commit)
        inner_commit = inner.commit()
        inner.commit({"inner.py": "2\n"})
        app = make_repository("app.git")
        app.commit({"main.py": "1\n"})
        app.add_submodule("libs/inner", inner.url, inner_commit)
        pinned = app.commit()
        catalog.add("sage/app:1.0.0", git=app.url, commit=pinned)

        outcome = archive(catalog, store, "sage/app:1.0.0")

        members = read_members(store, outcome)
        assert list(members) == [
            ".gitmodules",
            "libs/inner/.gitmodules",
            "libs/inner/inner.py",
            "libs/inner/vendor/deep/deep.txt",
            "main.py",
        ]
        assert members["libs/inner/inner.py"] == (0o644, b"1\n")
        record = orjson.loads(catalog.read_record("sage/app:1.0.0"))
        assert record["submodules"] == [
            {"path": "libs/inner", "url": inner.url, "commit": inner_commit},
            {"path": "libs/inner/vendor/deep", "url": deep.url, "commit": deep_commit},
        ]
        # As git holds it: the submodule is its commit, not its files.
        assert record["swhids"][0] == f"swh:1:dir:{app.git('rev-parse', f'{pinned}^{{tree}}')}"

    def test_one_that_is_gone_is_named(self, catalog, store, server, make_repository):
        app = make_repository("app.git")
        app.add_submodule("lib", f"{server.url}/git/none.git", "2" * 40)
        catalog.add("sage/app:1.0.0", git=app.url, commit=app.commit({"main.py": "1\n"}))
        with pytest.raises(SourceGoneError) as caught:
            archive(catalog, store, "sage/app:1.0.0")
        told = f"sage/app:1.0.0: source: submodule 'lib': {server.url}/git/none.git is gone"
        assert str(caught.value).startswith(told)

    def test_one_without_an_address_is_left_out_and_noted(
        self, catalog, store, server, make_repository
    ):
        app = make_repository("app.git")
        app.git("update-index", "--add", "--cacheinfo", f"160000,{'2' * 40},stray")
        (app.directory / "stray").mkdir()
        app.write("main.py", "1\n")
        app.git("add", "main.py")
        app.git("commit", "--quiet", "--message=stray")
        catalog.add("sage/app:1.0.0", git=app.url, commit=app.git("rev-parse", "HEAD"))
        outcome = archive(catalog, store, "sage/app:1.0.0")
        assert outcome.notes == ("'stray' is left out: a submodule that .gitmodules does not name",)
        assert list(read_members(store, outcome)) == ["main.py"]

    def test_one_at_a_local_path_is_refused(self, catalog, store, server, make_repository):
        app = make_repository("app.git")
        app.add_submodule("lib", "/etc", "2" * 40)
        catalog.add("sage/app:1.0.0", git=app.url, commit=app.commit({"main.py": "1\n"}))
        with pytest.raises(ArchiveError) as caught:
            archive(catalog, store, "sage/app:1.0.0")
        assert str(caught.value) == (
            "sage/app:1.0.0: source: submodule 'lib': its address '/etc' cannot be used: "
            "URL '/etc' has no scheme"
        )

    def test_endless_nesting_is_bounded(self, catalog, store, server, make_repository):
        inner = make_repository("level0.git")
        commit = inner.commit({"file": "0\n"})
        for level in range(1, 7):
            outer = make_repository(f"level{level}.git")
            outer.add_submodule("in", inner.url, commit)
            inner, commit = outer, outer.commit({"file": f"{level}\n"})
        catalog.add("sage/app:1.0.0", git=inner.url, commit=commit)
        with pytest.raises(ArchiveError, match="submodules lie more than 5 deep"):
            archive(catalog, store, "sage/app:1.0.0")

    @pytest.mark.parametrize(
        ("stated", "resolved"),
        [
            pytest.param("https://a.org/x.git", "https://a.org/x.git", id="https as it is"),
            pytest.param("../x.git", "https://h.org/o/x.git", id="relative to the one around it"),
            pytest.param("./x", "https://h.org/o/app.git/x", id="below the one around it"),
            pytest.param("git@a.org:o/x.git", "https://a.org/o/x.git", id="scp-like over https"),
            pytest.param("ssh://git@a.org/o/x", "https://a.org/o/x", id="ssh over https"),
            pytest.param("ssh://git@a.org:22/o/x", "https://a.org/o/x", id="ssh with its port"),
            pytest.param("git://a.org/o/x", "https://a.org/o/x", id="git over https"),
            pytest.param("http://a.org/o/x", "https://a.org/o/x", id="http over https"),
            pytest.param("ext::sh -c id", "ext::sh -c id", id="a command stays and is refused"),
        ],
    )
    def test_addresses_are_asked_over_https(self, stated, resolved):
        assert resolve_submodule_url("https://h.org/o/app.git", stated) == resolved


def pointer_to(content: bytes) -> bytes:
    oid = hashlib.sha256(content).hexdigest()
    text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n"
    return text.encode()


class TestGitLfs:
    WEIGHTS = b"weights " * 5000

    def test_the_file_itself_is_archived(self, catalog, store, server, make_repository):
        app = make_repository("app.git")
        pointer = pointer_to(self.WEIGHTS)
        server.large[hashlib.sha256(self.WEIGHTS).hexdigest()] = self.WEIGHTS
        pinned = app.commit({"model.onnx": pointer, "main.py": "1\n"})
        catalog.add("sage/app:1.0.0", git=app.url, commit=pinned)
        outcome = archive(catalog, store, "sage/app:1.0.0")
        assert read_members(store, outcome)["model.onnx"] == (0o644, self.WEIGHTS)
        record = orjson.loads(catalog.read_record("sage/app:1.0.0"))
        assert record["large_files"] == [
            {
                "path": "model.onnx",
                "digest": digest_of(self.WEIGHTS),
                "size_bytes": len(self.WEIGHTS),
            }
        ]
        (sent,) = [request for request in server.requests if request.path.startswith("/large/")]
        assert sent.headers["X-Large"] == "yes"

    @pytest.mark.parametrize(
        ("fault", "message"),
        [
            pytest.param(
                None,
                "Git LFS has no file {oid}: 404 Object does not exist",
                id="a file that was never uploaded",
            ),
            pytest.param(
                Faults(status=403),
                "{url}/info/lfs/objects/batch answers 403 Forbidden",
                id="a quota that is used up",
            ),
        ],
    )
    def test_a_file_that_cannot_be_had_is_named(
        self, catalog, store, server, make_repository, fault, message
    ):
        app = make_repository("app.git")
        pinned = app.commit({"model.onnx": pointer_to(self.WEIGHTS)})
        catalog.add("sage/app:1.0.0", git=app.url, commit=pinned)
        if fault:
            server.faults["/git/app.git/info/lfs"] = fault
        with pytest.raises(SourceGoneError) as caught:
            archive(catalog, store, "sage/app:1.0.0")
        oid = hashlib.sha256(self.WEIGHTS).hexdigest()
        told = message.format(url=app.url, oid=oid)
        assert str(caught.value) == f"sage/app:1.0.0: source: Git LFS, for 'model.onnx': {told}"
        assert list_objects(store) == []

    def test_a_pointer_in_the_catalog_has_nowhere_to_point(self, catalog, store):
        pointer = pointer_to(self.WEIGHTS)
        catalog.add("sage/app:1.0.0", files={"source/main.py": b"1\n", "source/m.onnx": pointer})
        with pytest.raises(ArchiveError) as caught:
            archive(catalog, store, "sage/app:1.0.0")
        assert str(caught.value) == (
            "sage/app:1.0.0: source: Git LFS, for 'm.onnx': "
            "these are pointers, and the catalog does not keep the files"
        )


class TestCodeInTheCatalog:
    FILES: ClassVar = {
        "source/main.py": b"print(1)\r\n",
        "source/.gitignore": b"*.csv\n",
        "source/.gitattributes": b"* text eol=lf\n*.py ident\n",
        "source/sample.csv": b"1,2\n",
        "source/lib/deep/er.py": b"$Id$\n",
    }

    def test_every_file_is_archived_as_it_is(self, catalog, store):
        entry = catalog.add("sage/app:1.0.0", files=self.FILES)
        (catalog.root / entry.path / "source" / "main.py").chmod(0o755)
        outcome = archive(catalog, store, "sage/app:1.0.0")
        members = read_members(store, outcome)
        assert {f"source/{name}": content for name, (_, content) in members.items()} == self.FILES
        assert members["main.py"][0] == 0o755

    def test_its_swhid_is_what_git_says_of_the_same_files(
        self, catalog, store, server, make_repository
    ):
        catalog.add("sage/app:1.0.0", files=self.FILES)
        archive(catalog, store, "sage/app:1.0.0")
        same = make_repository("same.git")
        same.git("config", "core.autocrlf", "false")
        for path, content in self.FILES.items():
            same.write(path.removeprefix("source/"), content)
        (same.directory / ".git" / "info" / "attributes").write_text("* -text -ident\n")
        same.git("add", "--all", "--force")
        tree = same.git("write-tree")
        record = orjson.loads(catalog.read_record("sage/app:1.0.0"))
        assert record["swhids"] == [f"swh:1:dir:{tree}"]
        assert "commit" not in record

    def test_a_second_run_does_nothing_and_a_change_is_noted(self, catalog, store):
        entry = catalog.add("sage/app:1.0.0", files=self.FILES)
        first = archive(catalog, store, "sage/app:1.0.0")
        second = archive(catalog, store, "sage/app:1.0.0", offline=True)
        assert (second.stored, second.archives) == (0, first.archives)
        (catalog.root / entry.path / "source" / "main.py").write_bytes(b"print(2)\n")
        third = archive(catalog, store, "sage/app:1.0.0")
        assert third.stored == 1
        assert third.notes == (
            "the source is not the one archived before; the record names the new one",
        )


class TestUnpacking:
    def test_gives_the_files_with_their_modes_and_times(
        self, catalog, store, server, make_repository, tmp_path
    ):
        app = make_repository("app.git")
        app.write("bin/run", "#!/bin/sh\n", mode=0o755)
        (app.directory / "bin" / "again").symlink_to("../bin/run")
        pinned = app.commit({"lib/ä.txt": "ä\n"})
        catalog.add("sage/app:1.0.0", git=app.url, commit=pinned)
        outcome = archive(catalog, store, "sage/app:1.0.0")
        target = tmp_path / "unpacked"
        extract_source(store, outcome.archives[0].digest, target)
        files = sorted(str(path.relative_to(target)) for path in target.rglob("*"))
        assert files == ["bin", "bin/again", "bin/run", "lib", "lib/ä.txt"]
        assert (target / "bin" / "again").readlink() == Path("../bin/run")
        assert (target / "bin" / "run").stat().st_mode & 0o777 == 0o755
        assert (target / "lib" / "ä.txt").stat().st_mode & 0o777 == 0o644
        assert (target / "lib" / "ä.txt").stat().st_mtime == TIME_S
        with pytest.raises(OutputError, match="exists and is not overwritten"):
            extract_source(store, outcome.archives[0].digest, target)

    @pytest.mark.parametrize(
        ("members", "message"),
        [
            pytest.param(
                [("link", tarfile.SYMTYPE, "/etc")],
                "link 'link' leads out of the source, to '/etc'",
                id="an absolute link",
            ),
            pytest.param(
                [("a/link", tarfile.SYMTYPE, "../../x")],
                "link 'a/link' leads out of the source, to '../../x'",
                id="a link that climbs out",
            ),
            pytest.param(
                [("up", tarfile.SYMTYPE, "."), ("up/file", tarfile.REGTYPE, "")],
                "the archive writes through the link 'up'",
                id="a file below a link",
            ),
            pytest.param(
                [("../file", tarfile.REGTYPE, "")],
                "the archive holds '../file', which is not a path inside it",
                id="a path that climbs out",
            ),
            pytest.param(
                [("/file", tarfile.REGTYPE, "")],
                "the archive holds '/file', which is not a path inside it",
                id="an absolute path",
            ),
            pytest.param(
                [("device", tarfile.CHRTYPE, "")],
                "the archive holds 'device', which is no file and no link",
                id="a device",
            ),
            pytest.param(
                [("hard", tarfile.LNKTYPE, "/etc/passwd")],
                "the archive holds 'hard', which is no file and no link",
                id="a hard link",
            ),
        ],
    )
    def test_what_would_leave_the_target_is_refused(self, store, tmp_path, members, message):
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as tar:
            for name, kind, link in members:
                info = tarfile.TarInfo(name)
                info.type, info.linkname = kind, link
                tar.addfile(info)
        digest = put_bytes(store, packed.getvalue(), tmp_path)
        with pytest.raises(ArchiveError) as caught:
            extract_source(store, digest, tmp_path / "out" / "unpacked")
        assert str(caught.value) == message
        assert list((tmp_path / "out").iterdir()) == []

    def test_damaged_bytes_are_not_unpacked(self, store, tmp_path):
        content = b"this is no archive"
        digest = put_bytes(store, content, tmp_path)
        with pytest.raises(ArchiveError, match="the archive cannot be read: not a gzip file"):
            extract_source(store, digest, tmp_path / "out" / "unpacked")
        store.path(digest).chmod(0o644)
        store.path(digest).write_bytes(b"something else....")
        with pytest.raises(EcrError, match="is damaged in the archive store"):
            copy_object(store, digest, tmp_path / "copy")
        assert not (tmp_path / "copy").exists()


def put_bytes(store, content: bytes, scratch: Path) -> str:
    file = scratch / "to-store"
    file.write_bytes(content)
    store.put(digest_of(content), file)
    return digest_of(content)
