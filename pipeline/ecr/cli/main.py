"""The entry point: finds the command, and turns an error into a message and an exit status."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import click

from ecr import __version__
from ecr.errors import EcrError

COMMANDS = {
    "catalog": "Check everything and publish the site: the main job.",
    "validate": "Check manifests and report every finding.",
    "new": "Start a new bundle, or a new release of one.",
    "import": "Turn an app of today's ECR (sage.yaml) into a bundle.",
    "archive": "Store the source and the data of releases, by digest.",
    "build": "Build images for every platform of a release.",
    "test": "Run the tests of releases in their images, as a node would.",
    "publish": "Write the site and the JSON index.",
    "serve": "Show the published site in a local web server.",
    "schema": "Write the JSON Schemas and reference pages of the documents.",
}
"""Every command with its summary, so that listing them loads none."""


class _LazyGroup(click.Group):
    """Imports a command's module only when the command is called."""

    # The parameters bear the names click gives them.
    # ruff: noqa: ARG002

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(
            f"ecr.cli.{cmd_name}_" if cmd_name == "import" else f"ecr.cli.{cmd_name}"
        )
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ecr")
def cli() -> None:
    """Edge Code Repository: publish, measure, cite and run code at the edge."""


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line; only this function exits the process."""
    try:
        status = cli.main(args=arguments, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("aborted", err=True)
        sys.exit(130)
    except EcrError as error:
        click.echo(f"error: {error}", err=True)
        if error.hint:
            click.echo(f"  hint: {error.hint}", err=True)
        sys.exit(error.exit_code)
    sys.exit(status if isinstance(status, int) else 0)
