"""Turns an app of today's ECR (``sage.yaml`` and ``ecr-meta/``) into a bundle.

``places`` finds the files, ``sage_document`` reads one, ``ledger`` keeps account of every
field, ``conversion`` and the modules it calls turn fields into those of a release, ``media``
takes the pictures, ``importer`` puts the files of the bundle together and has them checked.
Every field of a ``sage.yaml`` is carried over or named in a finding; the codes are in ``notes``.
"""
