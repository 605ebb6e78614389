"""Testing: a release's declared tests run in its built image the way a node would run it.

The image runs with what a Waggle plugin finds on a node, without a network unless the test asks
for one, within the limits its manifest names. What it published, uploaded and printed is compared
with what the test expects and recorded in ``build.json``.
"""
