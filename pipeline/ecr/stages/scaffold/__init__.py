"""Starts bundles and releases: the files a person goes on from, valid from the first minute.

``request`` says what is wanted, ``starter`` makes the files, ``manifest`` writes the release,
``script`` and ``packages`` read an existing Python script, ``next_release`` copies a release.
Nothing here runs the code it is given.
"""
