"""The command `ecr serve`, as a process of its own."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import requests

from ecr.tools.site_server import open_site_server
from tests.api.clients import Scheduler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ECR = [sys.executable, "-c", "from ecr.cli.main import main; main()"]


@contextmanager
def start(*arguments: str, cwd: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [*ECR, "serve", *arguments],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        lines = ""
        while "Ctrl+C" not in lines:
            line = process.stdout.readline()
            assert line, process.stderr and process.stderr.read()
            lines += line
        yield process, lines
    finally:
        process.kill()
        process.communicate(timeout=20)


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*ECR, "serve", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_serves_says_where_and_ends_without_a_traceback(site: Path, tmp_path: Path):
    with start("--site", str(site), "--port", "0", cwd=tmp_path) as (process, said):
        url = re.search(r"pages +(http://127\.0\.0\.1:[0-9]+)/\n", said)
        assert url is not None, said
        assert said == (
            f"Serving {site}\n  pages       {url[1]}/\n"
            f"  JSON index  {url[1]}/api/v1/index.json\nPress Ctrl+C to end.\n"
        )
        scheduler = Scheduler(url[1])
        scheduler.load_database()
        assert "sage/cloud-cover:1.10.0" in scheduler.plugins
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=20)
        assert (process.returncode, stdout, stderr) == (0, "\nended\n", "")


def test_takes_the_site_of_the_catalog_around(site: Path, tmp_path: Path):
    (tmp_path / "bundles" / "sage").mkdir(parents=True)
    (tmp_path / "site").symlink_to(site, target_is_directory=True)
    with start("--port", "0", cwd=tmp_path / "bundles" / "sage") as (_, said):
        assert said.startswith(f"Serving {tmp_path}/site\n")
        url = re.search(r"http://\S+/(?=\n)", said)
        assert url is not None
        assert requests.get(f"{url[0]}api/apps", timeout=10).status_code == 200


@pytest.mark.parametrize("there", [False, True], ids=["no directory", "another directory"])
def test_without_a_site_says_how_to_make_one(tmp_path: Path, there: bool):
    if there:
        (tmp_path / "site").mkdir()
    answer = run("--site", "site", cwd=tmp_path)
    what = "holds no published site" if there else "does not exist"
    assert answer.returncode == 4
    assert answer.stderr == (
        f"error: {tmp_path}/site {what}\n  hint: make one with: make catalog   (or: ecr catalog)\n"
    )


def test_outside_a_catalog_says_so(tmp_path: Path):
    answer = run(cwd=tmp_path)
    assert answer.returncode == 4
    assert answer.stderr.startswith(f"error: {tmp_path} is not inside a catalog")


def test_a_busy_port_is_named(site: Path, tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        answer = run("--site", str(site), "--port", str(port), cwd=tmp_path)
    assert answer.returncode == 12
    assert answer.stderr == (
        f"error: cannot listen on 127.0.0.1 port {port}: Address already in use\n"
        "  hint: is another server running? --port 0 takes a free port\n"
    )


def test_listens_on_ipv6(site: Path):
    if not socket.has_ipv6:
        pytest.skip("this system has no IPv6")
    with open_site_server(site, "::1", 0) as server:
        assert server.socket.family == socket.AF_INET6


def test_prints_the_configuration_of_nginx(
    site: Path, tmp_path: Path, require_tool: Callable[..., Path]
):
    nginx = require_tool("nginx", hint="apt-get install nginx-light")
    answer = run("--site", str(site), "--port", "8080", "--print-nginx", cwd=tmp_path)
    assert answer.returncode == 0
    assert "listen 127.0.0.1:8080;" in answer.stdout
    assert "@" not in re.sub("#.*", "", answer.stdout)
    (tmp_path / "ecr.conf").write_text(answer.stdout)
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{ include {tmp_path}/ecr.conf; }}\n"
    )
    checked = subprocess.run(
        [nginx, "-t", "-p", tmp_path, "-c", tmp_path / "nginx.conf", "-e", tmp_path / "errors"],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert "syntax is ok" in checked.stderr, checked.stderr
    assert "[warn]" not in checked.stderr, checked.stderr
