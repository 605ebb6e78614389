"""The rules that need more than one value to decide: a release, a bundle, the catalog."""

from ecr.catalog.rules.bundle import check_bundle
from ecr.catalog.rules.release import check_release

__all__ = ["check_bundle", "check_release"]
