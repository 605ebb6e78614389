"""The Edge Code Repository: manifests in, checked catalog, site and JSON index out."""

__version__ = "0.1.0"
