"""Commands and jobs to copy: right for the release, and quoted for where they are pasted."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ecr.stages.publish.pages.commands import RunTexts, make_run_texts, quote_yaml

if TYPE_CHECKING:
    from ecr.catalog.entries import BundleEntry
    from ecr.stages.publish.outputs import SiteSettings

CLOUD_IMAGE = "ghcr.io/waggle-sensor/sage/cloud-cover@sha256:" + "c" * 64


@pytest.fixture
def texts(entries: dict[str, BundleEntry], settings: SiteSettings):
    """Give the function that returns the texts of a release."""

    def make(bundle: str, version: str) -> RunTexts:
        found = [e for e in entries[bundle].releases if e.manifest.version == version]
        return make_run_texts(found[0], settings)

    return make


class TestRelease:
    def test_that_was_pushed_is_named_by_digest(self, texts):
        run = texts("sage/cloud-cover", "1.1.0")
        assert run.pushed
        assert run.docker == (
            f"docker run --rm \\\n  --gpus all \\\n  {CLOUD_IMAGE} --stream STREAM"
        )
        assert run.from_source == ""

    def test_that_was_not_built_is_named_by_the_tag_it_will_have(self, texts):
        run = texts("sage/image-sampler", "0.4.1")
        assert not run.pushed
        assert not run.built
        assert run.docker == "docker run --rm \\\n  ghcr.io/waggle-sensor/sage/image-sampler:0.4.1"

    def test_on_a_node_asks_for_what_it_needs(self, texts):
        assert texts("sage/bird-song", "1.0.0").pluginctl == (
            "sudo pluginctl run --name bird-song \\\n"
            "  --resource request.memory=3Gi \\\n"
            "  --selector resource.gpu=true \\\n"
            "  --privileged \\\n"
            "  ghcr.io/waggle-sensor/sage/bird-song:1.0.0"
        )

    def test_as_a_job_is_read_by_yaml_as_what_the_scheduler_expects(self, texts):
        job = yaml.safe_load(texts("sage/cloud-cover", "1.1.0").job)
        assert job == {
            "name": "cloud-cover",
            "plugins": [
                {
                    "name": "cloud-cover",
                    "pluginSpec": {
                        "image": CLOUD_IMAGE,
                        "args": ["--stream", "STREAM"],
                        "selector": {"resource.gpu": "true"},
                        "resource": {"request.cpu": "500m", "request.memory": "1500Mi"},
                    },
                }
            ],
            "nodes": {"W000": True},
            "scienceRules": ["schedule(cloud-cover): cronjob('cloud-cover', '*/10 * * * *')"],
            "successCriteria": ["WallClock(1d)"],
        }

    def test_names_plugins_as_the_scheduler_allows(self, texts, entries):
        for bundle, entry in entries.items():
            for release in entry.releases:
                job = yaml.safe_load(texts(bundle, release.manifest.version).job)
                assert re.fullmatch(r"[a-z0-9-]{1,200}", job["plugins"][0]["name"])

    def test_without_network_is_run_without(self, texts):
        assert "--network none" in texts("beekeepers/hive-hum", "1.0.0").docker

    def test_script_is_run_from_the_catalog(self, texts):
        assert texts("beekeepers/hive-hum", "1.0.0").from_source.splitlines()[2:] == [
            "cd bundles/beekeepers/hive-hum/1.0.0/source",
            "sudo apt-get install libsndfile1",
            "python3.11 -m venv .venv",
            ".venv/bin/pip install numpy==2.1.3 pywaggle==0.56.0",
            ".venv/bin/python main.py --once",
        ]

    def test_container_is_built_from_its_commit(self, texts):
        assert texts("sage/cloud-cover", "1.0.0").from_source == (
            "git clone https://github.com/example/plugin-cloud-cover plugin-cloud-cover\n"
            "cd plugin-cloud-cover\n"
            "git checkout 0123456789abcdef0123456789abcdef01234567\n"
            "docker build --tag ghcr.io/waggle-sensor/sage/cloud-cover:1.0.0 \\\n"
            "  --file app/docker/Dockerfile \\\n"
            "  --build-arg BASE=waggle/plugin-base:1.1.1-ml \\\n"
            "  app\n"
            "docker run --rm ghcr.io/waggle-sensor/sage/cloud-cover:1.0.0 --stream STREAM"
        )

    def test_hostile_values_stay_values(self, texts):
        run = texts("hostile/page-breaker", "1.0.0")
        assert shlex.split(run.docker.replace("\\\n", ""))[3:5] == ["--device", "/dev/x;reboot"]
        words = shlex.split(run.from_source.replace("\\\n", ""), comments=False)
        assert "ARG" not in words
        assert "KEY=$(reboot) `id` <img src=x onerror=pwned(1)>" in words
        assert "./-dir with $(pwned) `space`" in words


class TestQuoting:
    @pytest.mark.parametrize(
        ("text", "quoted"),
        [
            ("left", "left"),
            ("--stream", "--stream"),
            ("registry.org/a/b:1.0.0", "registry.org/a/b:1.0.0"),
            ("1.10", '"1.10"'),
            ("yes", '"yes"'),
            ("", '""'),
            ("a: b", '"a: b"'),
            ("a #b", '"a #b"'),
            ("-", '"-"'),
            ("---", '"---"'),
            ("12:30:45", '"12:30:45"'),
            ('say "hi"', '"say \\"hi\\""'),
        ],
        ids=[
            "a word", "an option", "an image", "a number", "a truth value", "nothing", "a pair",
            "a comment", "a dash", "a document", "a time", "quotes",
        ],
    )  # fmt: skip
    def test_writes_plainly_only_what_cannot_be_misread(self, text: str, quoted: str):
        assert quote_yaml(text) == quoted

    @given(st.text(st.characters(exclude_categories=["Cs"])))
    def test_any_text_is_read_back_as_it_was(self, text: str):
        assert yaml.safe_load(f"- {quote_yaml(text)}") == [text]
        assert yaml.safe_load(f"key: {quote_yaml(text)}") == {"key": text}
