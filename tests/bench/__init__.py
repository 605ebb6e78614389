"""Measures time, memory and size of the catalog as it grows, beside MkDocs and Hugo.

``python -m tests.bench`` (``make bench``) makes a synthetic catalog, publishes it, and builds
the same pages with stock mkdocs-material and with Hugo in the same run. Nothing here passes or
fails by time: what is printed is for a person, or as JSON for a record.
"""
