"""Both stores do the same; that of S3 against a real service, SeaweedFS."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ecr.errors import IntegrityError, NotFoundError, StoreError, UsageError
from ecr.stages.archive.release import archive_release
from ecr.stages.archive.source import extract_source
from ecr.tools.object_store import LocalStore, copy_object, object_key, open_store
from tests.archive.conftest import digest_of

CONTENT = b"weights of a model\n" * 1000


@pytest.fixture(params=["local folder", "S3"])
def any_store(request: pytest.FixtureRequest):
    name = {"local folder": "store", "S3": "s3_store"}[request.param]
    return request.getfixturevalue(name)


def write_file(directory: Path, content: bytes) -> Path:
    path = directory / "to-store"
    path.write_bytes(content)
    return path


class TestBothStores:
    def test_what_is_put_can_be_found_and_copied(self, any_store, tmp_path):
        digest = digest_of(CONTENT)
        assert any_store.find(digest) is None
        any_store.put(digest, write_file(tmp_path, CONTENT))
        assert any_store.find(digest) == len(CONTENT)
        copy_object(any_store, digest, tmp_path / "new" / "copy")
        assert (tmp_path / "new" / "copy").read_bytes() == CONTENT
        assert b"".join(any_store.read(digest)) == CONTENT

    def test_a_large_file_goes_in_parts(self, any_store, tmp_path):
        content = os.urandom(20 * 1024 * 1024 + 1)
        digest = digest_of(content)
        any_store.put(digest, write_file(tmp_path, content))
        copy_object(any_store, digest, tmp_path / "copy")
        assert (tmp_path / "copy").read_bytes() == content

    def test_putting_again_does_nothing(self, any_store, tmp_path):
        digest = digest_of(CONTENT)
        any_store.put(digest, write_file(tmp_path, CONTENT))
        # Were it written again, it would now be found damaged.
        any_store.put(digest, write_file(tmp_path, CONTENT[::-1]))
        copy_object(any_store, digest, tmp_path / "copy")

    def test_what_is_cut_short_is_written_again(self, any_store, tmp_path):
        digest = digest_of(CONTENT)
        any_store.put(digest, write_file(tmp_path, CONTENT[:100]))
        with pytest.raises(IntegrityError) as caught:
            copy_object(any_store, digest, tmp_path / "copy")
        assert str(caught.value) == (
            f"{digest} is damaged in the archive store {any_store.url}: "
            f"its bytes have {digest_of(CONTENT[:100])}"
        )
        any_store.put(digest, write_file(tmp_path, CONTENT))
        copy_object(any_store, digest, tmp_path / "copy")

    def test_what_is_not_there_is_named(self, any_store, tmp_path):
        digest = digest_of(b"nothing")
        with pytest.raises(NotFoundError) as caught:
            copy_object(any_store, digest, tmp_path / "copy")
        assert str(caught.value) == f"{digest} is not in the archive store {any_store.url}"
        assert list(tmp_path.glob("*copy*")) == []

    def test_a_release_is_archived_and_unpacked(self, any_store, catalog, tmp_path):
        entry = catalog.add("sage/app:1.0.0", files={"source/main.py": b"print(1)\n"})
        outcome = archive_release(catalog.root, entry, any_store, progress=lambda *_: None)
        extract_source(any_store, outcome.archives[0].digest, tmp_path / "unpacked")
        assert (tmp_path / "unpacked" / "main.py").read_bytes() == b"print(1)\n"
        entry = catalog.load("sage/app:1.0.0")
        again = archive_release(catalog.root, entry, any_store, progress=lambda *_: None)
        assert (outcome.stored, again.stored) == (1, 0)


class TestS3:
    def test_a_wrong_key_is_refused(self, s3_store, tmp_path, monkeypatch):
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
        store = open_store(s3_store.url)
        with pytest.raises(StoreError) as caught:
            store.put(digest_of(CONTENT), write_file(tmp_path, CONTENT))
        assert str(caught.value).startswith(f"{store.url} refuses: ")
        assert "403 Forbidden" in str(caught.value)
        assert "Debug source" not in str(caught.value)
        assert caught.value.hint == (
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a key that may write"
        )

    def test_a_service_that_is_not_there(self, s3_store, tmp_path):
        store = open_store("s3://archives?endpoint=http://127.0.0.1:9")
        with pytest.raises(StoreError) as caught:
            store.find(digest_of(CONTENT))
        assert str(caught.value).startswith(f"{store.url} cannot be used: ")

    def test_the_endpoint_may_come_from_the_environment(
        self, s3_store, s3_endpoint, tmp_path, monkeypatch
    ):
        monkeypatch.setenv("AWS_ENDPOINT_URL", s3_endpoint)
        plain = open_store(s3_store.url.partition("?")[0])
        plain.put(digest_of(CONTENT), write_file(tmp_path, CONTENT))
        assert s3_store.find(digest_of(CONTENT)) == len(CONTENT)


class TestTheLocalFolder:
    def test_objects_lie_by_digest_and_are_read_only(self, store, tmp_path):
        digest = digest_of(CONTENT)
        store.put(digest, write_file(tmp_path, CONTENT))
        path = store.path(digest)
        value = digest.removeprefix("sha256:")
        assert str(path).endswith(f"/.ecr/archives/sha256/{value[:2]}/{value}")
        assert path.stat().st_mode & 0o777 == 0o444
        assert [file.name for file in path.parent.iterdir()] == [value]

    def test_what_a_killed_process_left_is_written_over(self, store, tmp_path):
        digest = digest_of(CONTENT)
        left = store.path(digest).with_name(f".{digest.removeprefix('sha256:')}.part")
        left.parent.mkdir(parents=True)
        left.write_bytes(b"half of something else, and longer" * 1000)
        store.put(digest, write_file(tmp_path, CONTENT))
        assert store.path(digest).read_bytes() == CONTENT
        assert not left.exists()


class TestAddresses:
    @pytest.mark.parametrize(
        ("url", "directory"),
        [
            pytest.param("/srv/archives", "/srv/archives", id="a directory"),
            pytest.param("file:///srv/a%20b", "/srv/a b", id="a file address"),
            pytest.param("file://localhost/srv/a", "/srv/a", id="a file address with its host"),
        ],
    )
    def test_a_folder(self, url, directory):
        store = open_store(url)
        assert isinstance(store, LocalStore)
        assert store.path("sha256:abc") == Path(directory) / object_key("sha256:abc")

    @pytest.mark.parametrize(
        ("url", "message"),
        [
            pytest.param("", "'' is not the address of an archive store", id="nothing"),
            pytest.param(
                "https://host/archives",
                "'https://host/archives' is not the address of an archive store",
                id="a web address",
            ),
            pytest.param(
                "file://host/archives",
                "'file://host/archives' is not the address of an archive store",
                id="another machine's file",
            ),
            pytest.param(
                "s3:///prefix", "'s3:///prefix' is not the address of a bucket", id="no bucket"
            ),
            pytest.param(
                "s3://key:secret@bucket/prefix",
                "'s3://bucket/prefix' is not the address of a bucket",
                id="credentials, which are not repeated",
            ),
            pytest.param(
                "s3://bucket/prefix?acl=public",
                "'s3://bucket/prefix' is not the address of a bucket: unknown option 'acl'",
                id="an unknown option",
            ),
        ],
    )
    def test_what_is_not_one(self, url, message):
        with pytest.raises(UsageError) as caught:
            open_store(url)
        assert str(caught.value) == message
