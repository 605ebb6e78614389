"""The templates' environment: everything that is put into a page is escaped unless it is markup.

This is ours, not the theme's, which does not escape. Templates are compiled once, before the
worker processes are forked.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.compiler import CodeGenerator
from markupsafe import escape

from ecr.model.release import GitSource, LocalSource

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2 import Template, nodes
    from jinja2.compiler import Frame

    from ecr.catalog.entries import ReleaseEntry
    from ecr.stages.publish.outputs import SiteSettings

_SIZES = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))
_MEMORY = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


_NEEDS_ESCAPE = re.compile("[&<>\"']").search
_INCLUDE = re.compile(r'\{% include "([^"]+)" %\}\n?')


class _InliningLoader(PackageLoader):
    """Puts included templates into the text of those that include them.

    An include at run time makes a new context, which takes a tenth of the time of a page.
    """

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool] | None]:
        source, name, _ = super().get_source(environment, template)
        return _INCLUDE.sub(lambda m: self.get_source(environment, m[1])[0], source), name, None


def escape_text(value: object) -> str:
    """Escape a value for HTML; most texts need nothing, and are let through at once."""
    if type(value) is str and _NEEDS_ESCAPE(value) is None:
        return value
    return escape(value)


class _Generator(CodeGenerator):
    """Writes a call of ``escape_text`` around every value that is put out.

    Were Jinja to change so that this is not asked, its own slower escaping would be used.
    """

    def _output_child_pre(
        self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo
    ) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.escape_text(")


class _Environment(Environment):
    """Jinja's environment with the above."""

    code_generator_class = _Generator
    escape_text = staticmethod(escape_text)


@lru_cache(maxsize=1)
def load_templates() -> dict[str, Template]:
    """Compile the templates of the package, by name without suffix."""
    environment = _Environment(
        loader=_InliningLoader("ecr.resources"),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "size": format_size,
        "memory": format_memory,
        "seconds": format_seconds,
        "cores": format_cores,
        "short": shorten_digest,
        "query": quote,
        "browse": make_browse_url,
    }
    names = [name for name in environment.list_templates() if not name.startswith("_")]
    return {name.partition(".")[0]: environment.get_template(name) for name in names}


def format_size(size_bytes: int) -> str:
    """Return the size of a file: ``1.5 MB``."""
    return _scale(size_bytes, _SIZES)


def format_memory(size_bytes: float) -> str:
    """Return an amount of memory: ``1.5 GiB``."""
    return _scale(size_bytes, _MEMORY)


def _scale(value: float, units: tuple[tuple[int, str], ...]) -> str:
    for factor, unit in units:
        if value >= factor:
            amount = value / factor
            return f"{amount:.0f} {unit}" if amount >= 100 else f"{amount:.3g} {unit}"
    return f"{value:.0f} bytes"


def format_seconds(seconds: float) -> str:
    """Return a duration: ``850 ms``, ``1.24 s``, ``3 min 20 s``."""
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms"
    if seconds < 100:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def format_cores(millicores: float) -> str:
    """Return processor use in cores: ``0.5``."""
    return f"{millicores / 1000:.2g}" if millicores < 10_000 else f"{millicores / 1000:.0f}"


def shorten_digest(digest: str) -> str:
    """Return the first digits of a digest or commit, for showing; the whole is in its title."""
    return digest.removeprefix("sha256:")[:12]


def make_browse_url(entry: ReleaseEntry, settings: SiteSettings) -> str | None:
    """Return where the source of a release can be looked at, at its commit where there is one."""
    source = entry.manifest.code.source
    if isinstance(source, LocalSource):
        if settings.repository_url is None:
            return None
        path = quote(f"{entry.path}/{source.path}".removesuffix("/."))
        return f"{settings.repository_url.rstrip('/')}/tree/HEAD/{path}"
    return make_git_url(source)


def make_git_url(source: GitSource) -> str:
    """Return the page of a commit's directory; hosts that are not known are linked plainly."""
    base = source.git.removesuffix("/").removesuffix(".git")
    directory = "" if source.directory == "." else "/" + quote(source.directory)
    host = re.match(r"https://([^/]+)/", base)
    if host is not None and host[1] == "github.com":
        return f"{base}/tree/{source.commit}{directory}"
    if host is not None and host[1].startswith("gitlab."):
        return f"{base}/-/tree/{source.commit}{directory}"
    return source.git
