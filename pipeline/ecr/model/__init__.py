"""The documents of the catalog as frozen models: no input or output, no clock, no network.

One module per document (``namespace``, ``bundle``, ``release``, ``status``, ``build``,
``profile``, ``hardware``), ``fields`` for the values they share and ``identity`` for ids.
"""
