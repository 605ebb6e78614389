"""``python -m ecr`` is ``ecr``."""

from ecr.cli.main import main

main()
