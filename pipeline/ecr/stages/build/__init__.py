"""Builds a release's images: one for each platform, then one index over them.

``builder`` does one release; ``platform_job`` one platform of it, from ``context`` (what Buildah
sees), ``containerfile`` and ``base`` over ``finish`` (what every image gets) to ``sbom`` and
``provenance``. ``records`` keeps what was built, ``assembly`` puts it together and pushes it,
``reproduction`` builds it again, ``plan`` says what is to be done and what this machine can do.
"""
