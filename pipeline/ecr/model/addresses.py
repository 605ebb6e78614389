"""Where the documents of ``api/v1`` are, and the digests they are known by.

Apart from ``ecr.model.index``, so that whoever only writes documents need not load the models.
"""

from __future__ import annotations

from hashlib import sha256

BASE = "api/v1"
"""Where the documents are, below the site's root."""
ROOT_PATH = "index.json"
RELEASES_PATH = "releases.json"
HARDWARE_PATH = "hardware.json"
SHARD_PREFIXES = tuple(f"{number:02x}" for number in range(256))


def shard_prefix(release_id: str) -> str:
    """Return the shard of a release: the first byte of the SHA-256 of its id, in hex."""
    return sha256(release_id.encode()).hexdigest()[:2]


def shard_path(prefix: str) -> str:
    """Return the path of a shard, relative to ``api/v1/``."""
    return f"shards/{prefix}.json"


def superseded_path(digest: str) -> str:
    """Return where a document is kept for a day after another took its place."""
    return f"superseded/{digest.removeprefix('sha256:')}.json"


def digest_bytes(content: bytes) -> str:
    """Return the digest of a document."""
    return f"sha256:{sha256(content).hexdigest()}"


def release_path(namespace: str, name: str, version: str) -> str:
    """Return the path of a release's document, relative to ``api/v1/``."""
    return f"releases/{namespace}/{name}/{version}.json"


def bundle_path(namespace: str, name: str) -> str:
    """Return the path of a bundle's document, relative to ``api/v1/``."""
    return f"bundles/{namespace}/{name}.json"


def hardware_path(hardware: str) -> str:
    """Return the path of a board's document, relative to ``api/v1/``."""
    return f"hardware/{hardware}.json"
