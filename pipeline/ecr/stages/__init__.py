"""The stages of the flow. Each takes the catalog, does one job and leaves a record or output.

Stages never call each other.
"""
