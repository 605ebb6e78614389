"""Archiving: a release's pinned source and its data become stored bytes, known by their digests.

``release`` does it for one release and writes what came of it into ``build.json``; ``source`` gives
an archived source back to those who build from it.
"""
