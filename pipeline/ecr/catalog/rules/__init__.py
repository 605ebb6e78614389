"""The rules that need more than one value to decide: a release, a bundle, the catalog.

Each rule is a function that yields findings; ``release`` and ``bundle`` put them together.
What a single value must be is decided by the models, and told by ``explanations``.
"""
