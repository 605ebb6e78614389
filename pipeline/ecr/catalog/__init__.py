"""From files to a checked catalog: strict YAML with positions, loading, and the rules.

``layout`` finds the files, ``yaml_document`` and ``json_document`` read one, ``validation``
turns a document into a model, ``loader`` puts a bundle together, ``rules`` looks at what
only a whole bundle or the whole catalog can tell.
"""
