"""What people read: a page for each bundle and release, and the pages that speak of all of them.

``frame`` gets the documentation and the empty page from MkDocs; ``renderer`` puts one bundle
into it, ``catalog_pages`` what is about all of them. Text of a bundle reaches a page through
the escaping templates of ``templates`` or, for Markdown, through ``markdown``; nowhere else.
"""

from ecr.stages.publish.pages.cards import make_card
from ecr.stages.publish.pages.catalog_pages import render_catalog_pages
from ecr.stages.publish.pages.frame import Frame, build_frame
from ecr.stages.publish.pages.renderer import PageRenderer

__all__ = ["Frame", "PageRenderer", "build_frame", "make_card", "render_catalog_pages"]
