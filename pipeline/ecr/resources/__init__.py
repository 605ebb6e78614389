"""Files that ship with the package: SPDX identifiers, the hardware registry, templates."""
