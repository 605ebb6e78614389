"""Documents about an image, kept beside it: bill of materials and provenance.

Each is an OCI artifact whose ``subject`` is the image, which is how registries that follow OCI
distribution 1.1 find it. For the others an index of them bears the name the specification asks for
(``sha256-<hex of the image's digest>``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecr.tools.oci_layout import EMPTY, INDEX, MANIFEST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecr.tools.oci_layout import Descriptor, OciLayout


@dataclass(frozen=True, slots=True)
class Attachments:
    """What was attached.

    Attributes:
        index: Digest of the index of the documents.
        documents: Digests of the documents themselves, by media type.
    """

    index: str
    documents: dict[str, str]


def attach(layout: OciLayout, image: Descriptor, documents: Mapping[str, bytes]) -> Attachments:
    """Store documents about an image and name them after it.

    Args:
        layout: Where the image is.
        image: Its manifest.
        documents: The documents, by media type.
    """
    subject = image.with_more().to_json()
    digests = {}
    listed = []
    for media_type, content in documents.items():
        document = layout.put(content, media_type)
        digests[media_type] = document.digest
        artifact = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": media_type,
            "config": layout.put(b"{}", EMPTY).to_json(),
            "layers": [document.to_json()],
            "subject": subject,
        }
        listed.append(layout.put_json(artifact, MANIFEST))
    # Descriptors here should name the artifact's type as well, but Skopeo 1.9 drops what it does
    # not know and then refuses to push; readers find the type in the manifest.
    index = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [manifest.to_json() for manifest in listed],
    }
    written = layout.put_json(index, INDEX)
    layout.set_names({attachments_name(image.digest): written})
    return Attachments(written.digest, digests)


def attachments_name(digest: str) -> str:
    """Return the name of the index of documents about an image."""
    return digest.replace(":", "-")
