"""``ecr serve``: show the published site in a local web server."""

from __future__ import annotations

import sys
import webbrowser
from pathlib import Path

import click

from ecr.cli.options import find_root
from ecr.errors import NotFoundError
from ecr.tools.site_server import open_site_server, render_nginx_configuration

_MARKER = "api/v1/index.json"


@click.command("serve")
@click.option(
    "--site",
    type=click.Path(path_type=Path, file_okay=False),
    help="Directory of the site.  [default: site, in the catalog]",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option("--open", "open_browser", is_flag=True, help="Open it in a browser.")
@click.option(
    "--print-nginx",
    is_flag=True,
    help="Print the configuration with which nginx serves the site, and end.",
)
def command(site: Path | None, host: str, port: int, open_browser: bool, print_nginx: bool) -> None:
    """Show the published site in a local web server.

    It answers as the shipped nginx configuration does: pages, JSON index, and the API that
    today's clients of Sage's ECR expect.
    """
    directory = (find_root(Path.cwd()) / "site" if site is None else site).absolute()
    address = f"[{host}]" if ":" in host else host
    if print_nginx:
        click.echo(render_nginx_configuration(directory, f"{address}:{port}"), nl=False)
        return
    check_site(directory)
    with open_site_server(directory, host, port) as server:
        url = f"http://{address}:{server.server_address[1]}/"
        click.echo(f"Serving {directory}")
        click.echo(f"  pages       {url}")
        click.echo(f"  JSON index  {url}api/v1/index.json")
        click.echo("Press Ctrl+C to end.")
        sys.stdout.flush()
        if open_browser:
            webbrowser.open(url)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("\nended")


def check_site(directory: Path) -> None:
    """Make sure that there is a published site.

    Raises:
        NotFoundError: There is none.
    """
    if not (directory / _MARKER).is_file():
        what = "holds no published site" if directory.is_dir() else "does not exist"
        raise NotFoundError(
            f"{directory} {what}", hint="make one with: make catalog   (or: ecr catalog)"
        )
