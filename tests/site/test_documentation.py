"""What the documentation shows exists: commands, options, make targets, links."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from ecr.cli.main import COMMANDS, cli
from tests.site.conftest import PROJECT, copy_project

if TYPE_CHECKING:
    from pathlib import Path

PAGES = sorted(
    path.relative_to(PROJECT).as_posix()
    for path in (
        PROJECT / "README.md",
        PROJECT / "CONTRIBUTING.md",
        PROJECT / ".github/pull_request_template.md",
        *(PROJECT / "site_src").rglob("*.md"),
    )
)
# At the beginning of a line or of inline code.
_SHOWN = re.compile(r"(?:^\$ |^|`)(?:\.venv/bin/)?(ecr|make) ([^`\n]*)", re.MULTILINE)
_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def find_shown(text: str) -> list[tuple[str, list[str]]]:
    """Return each ``ecr`` or ``make`` in code, with its words."""
    blocks = [body for kind, body in _FENCE.findall(text) if kind in ("console", "bash", "sh")]
    inline = re.findall(r"`(?:ecr|make|\.venv/bin/ecr) [^`\n]+`", _FENCE.sub("", text))
    shown = []
    for block in [*blocks, *inline]:
        for program, rest in _SHOWN.findall(block.replace(" && ", "\n$ ")):
            words = shlex.split(re.split(r" (?:>|\|) |\)", rest)[0], comments=True)
            shown.append((program, words))
    return shown


def find_fault(words: list[str]) -> str | None:
    """Return what the command line would refuse, without running anything."""
    context = click.Context(cli, info_name="ecr")
    command: click.Command = cli
    while words and isinstance(command, click.Group) and not words[0].startswith("-"):
        name, words = words[0], words[1:]
        # `new container|script|binary` shows three at once.
        below = [command.get_command(context, part) for part in name.split("|")]
        if None in below:
            return f"no command {name!r}"
        command = below[0] or command
        context = click.Context(command, parent=context, info_name=name)
    try:
        _, left, _ = command.make_parser(context).parse_args(words)
    except click.BadOptionUsage:
        # Prose may name an option without a value.
        return None
    except click.UsageError as error:
        return error.message
    return f"unexpected {left}" if left else None


@pytest.mark.parametrize("page", PAGES)
def test_every_command_shown_exists_with_its_options(page: str):
    targets = set(
        re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE)
    )
    for program, words in find_shown((PROJECT / page).read_text("utf-8")):
        if program == "make":
            named = [word for word in words if "=" not in word and not word.startswith("-")]
            assert set(named) <= targets, f"{page}: make {' '.join(words)}"
        else:
            assert find_fault(words) is None, f"{page}: ecr {' '.join(words)}"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("$ ecr valdate", "no command 'valdate'"),
        ("$ .venv/bin/ecr validate --chnged main", "No such option '--chnged'."),
        ("$ make x && ecr new program a/b", "no command 'program'"),
        ("$ ecr new container|script a/b --owner user:me   # or so", None),
        ("$ ecr schema a b", "unexpected ['b']"),
    ],
)
def test_what_does_not_exist_is_noticed(line: str, fault: str | None):
    shown = find_shown(f"```console\n{line}\n```\n")
    assert find_fault([words for program, words in shown if program == "ecr"][-1]) == fault


def test_the_guides_show_the_main_commands():
    shown = {
        words[0]
        for page in PAGES
        for program, words in find_shown((PROJECT / page).read_text("utf-8"))
        if program == "ecr" and words
    }
    assert set(COMMANDS) - shown <= {"catalog", "test"}


def test_links_of_readme_and_contributing_lead_somewhere():
    for page in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        for target in re.findall(r"\]\(([^)#]+)", (PROJECT / page).read_text("utf-8")):
            assert target.startswith("https://") or (PROJECT / target).exists(), f"{page}: {target}"


def test_the_decisions_are_numbered_and_listed():
    folder = PROJECT / "site_src/development/decisions"
    listed = re.findall(
        r"^\| \[(\d+)\]\((.+?)\) \| (.+) \|$", (folder / "index.md").read_text(), re.MULTILINE
    )
    records = sorted(path for path in folder.glob("*.md") if path.name != "index.md")
    titles = [path.read_text("utf-8").partition("\n")[0] for path in records]
    assert [f"# {number}. {title}" for number, _, title in listed] == titles
    assert [file for _, file, _ in listed] == [path.name for path in records]
    assert [int(number) for number, _, _ in listed] == list(range(1, len(records) + 1))


def test_no_link_or_anchor_of_the_documentation_is_broken(tmp_path: Path):
    root = copy_project(tmp_path / "catalog")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", tmp_path / "site"],
        cwd=root, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
