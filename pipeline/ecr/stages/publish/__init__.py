"""Publishing: the site and the JSON index, from manifests and records, in one pass.

``engine`` decides what has changed and writes it into a second copy of the site, which is
then exchanged with the first in one step. ``pages`` renders what people read, ``index``
what machines fetch, ``compat`` what today's clients of Sage's ECR expect.
"""
