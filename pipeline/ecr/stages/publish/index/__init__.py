"""The JSON index of ``api/v1``: what machines fetch.

``documents`` makes the documents of one bundle, ``aggregates`` those that speak of all of
them, ``superseded`` keeps for a day what a client may still be about to fetch, ``schemas``
and ``hosting`` make what depends on no bundle.
"""

from ecr.stages.publish.index.aggregates import render_index
from ecr.stages.publish.index.documents import render_bundle_documents
from ecr.stages.publish.index.superseded import keep_superseded

__all__ = ["keep_superseded", "render_bundle_documents", "render_index"]
