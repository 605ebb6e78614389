"""What SES or a person uses to fetch, verify and cache the index.

``CatalogClient`` fetches; everything it returns was checked against the digest and the size
that the index names. What it does not do: decide whether the index itself is to be trusted
(it is fetched over https; signatures come with attestation), or what to run.
"""

from ecr.client.catalog_client import CatalogClient, Index
from ecr.client.object_cache import ObjectCache

__all__ = ["CatalogClient", "Index", "ObjectCache"]
