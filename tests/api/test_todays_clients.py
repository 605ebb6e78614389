"""Today's clients, unmodified, against both servers."""

from __future__ import annotations

import pytest
import requests

from tests.api.clients import (
    DecodeError,
    PluginManifest,
    Portal,
    Profile,
    Resource,
    Scheduler,
    decode,
    load_mcp_plugins,
)
from tests.api.conftest import JPEG, PNG

NEWEST = "sage/cloud-cover:1.10.0"
REGISTRY = "registry.sagecontinuum.org"


class TestScheduler:
    def test_loads_every_release_at_start_up_except_yanked_and_protected_ones(self, base_url: str):
        scheduler = Scheduler(base_url)
        scheduler.load_database()
        assert sorted(scheduler.plugins) == [
            "sage/bird-song:0.1.0-rc.1",
            NEWEST,
            "sage/cloud-cover:1.9.0",
        ]

    def test_decodes_a_release_into_its_types(self, base_url: str):
        plugin = Scheduler(base_url).find_plugin(f"{REGISTRY}/{NEWEST}")
        assert (plugin.id, plugin.name) == (NEWEST, "cloud-cover")
        assert plugin.source.branch == "main"
        assert plugin.source.architectures == [
            "linux/amd64",
            "linux/arm64",
            "linux/arm/v7",
            "linux/armv7",
        ]
        assert plugin.required_hardware == {"camera": True, "gpu": True, "cuda102": True}
        assert plugin.profiles == [
            Profile("declared", {}, Resource("1500m", "300Mi", "2048Mi")),
            Profile("xaviernx", {}, Resource("851m", "301Mi", "")),
        ]

    def test_a_release_is_the_same_in_the_list_and_alone(self, base_url: str):
        scheduler = Scheduler(base_url)
        scheduler.load_database()
        for identity, plugin in scheduler.plugins.items():
            assert Scheduler(base_url).find_plugin(f"{REGISTRY}/{identity}") == plugin

    @pytest.mark.parametrize(
        ("identity", "capabilities", "runs"),
        [
            (NEWEST, ["gpu", "cuda102", "arm64"], True),
            (NEWEST, ["amd64"], True),
            (NEWEST, ["armv7"], True),
            ("sage/bird-song:0.1.0-rc.1", ["arm64"], True),
            ("sage/bird-song:0.1.0-rc.1", ["amd64"], False),
            ("sage/bird-song:0.1.0-rc.1", ["armv7"], False),
        ],
        ids=[
            "arm64 on a Xavier",
            "amd64 on a blade",
            "linux/arm/v7 on an armv7 node, which it never matched in today's ECR",
            "a pre-release on arm64",
            "not on another architecture",
            "arm64 is not armv7",
        ],
    )
    def test_compares_architectures_with_a_node(
        self, base_url: str, identity: str, capabilities: list[str], runs: bool
    ):
        assert Scheduler(base_url).runs_on(f"{REGISTRY}/{identity}", capabilities) is runs

    @pytest.mark.parametrize(
        "image",
        [
            "sage/cloud-cover:1.9.1",
            "gone/broken:1.0.0",
            "hidden/secret:1.0.0",
            "sage/cloud-cover:9.9.9",
            "sage/nothing:1.0.0",
        ],
        ids=[
            "yanked",
            "the only release yanked",
            "protected",
            "no such version",
            "no such bundle",
        ],
    )
    def test_is_told_that_what_it_may_not_run_does_not_exist(self, base_url: str, image: str):
        with pytest.raises(LookupError, match="Returned 404"):
            Scheduler(base_url).find_plugin(f"{REGISTRY}/{image}")


class TestDecoder:
    """The test's own stand-in for Go's decoder must be able to fail."""

    @pytest.mark.parametrize(
        ("value", "message"),
        [
            ({"id": 1}, r"\$\.id: int into <class 'str'>"),
            ({"tags": ["a"]}, r"\$\.tags: list into dict\[str, bool\]"),
            ({"required_hardware": {"gpu": "yes"}}, r"\$\.required_hardware\.gpu: str into"),
            ({"profiles": [{"require": {"CPU": 1}}]}, r"\$\.profiles\[0\]\.require\.CPU: int into"),
            ({"source": {"architectures": "linux/arm64"}}, r"\$\.source\.architectures: str into"),
        ],
        ids=[
            "number for a string",
            "list for an object",
            "string for a boolean",
            "any case",
            "string for a list",
        ],
    )
    def test_refuses_another_type(self, value: object, message: str):
        with pytest.raises(DecodeError, match=message):
            decode(PluginManifest, value)

    def test_skips_null_and_unknown_keys(self):
        assert decode(PluginManifest, {"id": None, "else": 1}) == PluginManifest()


class TestPortal:
    def test_lists_the_newest_of_each_app(self, base_url: str):
        apps = {app["id"]: app for app in Portal(base_url).list_apps()}
        assert list(apps) == [NEWEST, "sage/bird-song:0.1.0-rc.1"]
        assert apps[NEWEST]["versions"] == ["1.10.0", "1.9.0"]
        assert all(app["isPublic"] for app in apps.values())

    @pytest.mark.parametrize(
        ("query", "found"),
        [("SKY", [NEWEST]), ("birds that", ["sage/bird-song:0.1.0-rc.1"]), ("cloudless", [])],
        ids=["a keyword in any case", "words of the description", "nothing"],
    )
    def test_searches(self, base_url: str, query: str, found: list[str]):
        assert Portal(base_url).search(query) == found

    def test_shows_an_app_with_everything(self, base_url: str):
        shown = Portal(base_url).show_app("sage", "cloud-cover")
        image, icon = shown.pop("image"), shown.pop("icon")
        assert shown == {
            "description": "Says how much of the sky is cloudy, with a comma",
            "markdown": "# Clouds\n\nGrüße\n",
            "authors": ["Ada Lovelace ", " Babbage Charles"],
            "keywords": ["clouds", " sky seen from below"],
            "inputs": [("stream", "string"), ("interval", "int")],
            "versions": ["1.10.0", "1.9.0"],
        }
        for url, kind, content in ((image, "image/png", PNG), (icon, "image/jpeg", JPEG)):
            answer = requests.get(url, timeout=10)
            assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind)
            assert answer.content == content

    def test_shows_an_app_with_the_least(self, base_url: str):
        shown = Portal(base_url).show_app("sage", "bird-song")
        assert (
            requests.get(shown.pop("icon"), timeout=10).headers["Content-Type"] == "image/svg+xml"
        )
        assert shown == {
            "description": "Names the birds that sing",
            "markdown": None,
            "image": None,
            "authors": ["Ada Lovelace"],
            "keywords": [""],
            "inputs": [],
            "versions": ["0.1.0-rc.1"],
        }

    def test_lists_versions(self, base_url: str):
        assert Portal(base_url).list_versions("sage", "cloud-cover") == ["1.10.0", "1.9.0"]

    def test_says_why_there_is_nothing(self, base_url: str):
        with pytest.raises(RuntimeError, match="Resource not found in this catalog"):
            Portal(base_url).show_app("hidden", "secret")

    def test_may_ask_with_the_token_of_a_user(self, base_url: str):
        """The browser first asks whether the header Authorization may be sent."""
        answer = requests.options(
            f"{base_url}/api/repositories/sage/cloud-cover",
            headers={
                "Origin": "https://portal.example.org",
                "Access-Control-Request-Method": "GET",
                "Access-Control-Request-Headers": "authorization",
            },
            timeout=10,
        )
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "GET" in answer.headers["Access-Control-Allow-Methods"]
        assert "authorization" in answer.headers["Access-Control-Allow-Headers"].lower()


class TestMcpServer:
    def test_skips_no_record(self, base_url: str):
        plugins = load_mcp_plugins(base_url)
        assert sorted(plugins) == [
            "sage/bird-song:0.1.0-rc.1",
            NEWEST,
            "sage/cloud-cover:1.9.0",
        ]
        assert plugins[NEWEST]["science_description_content"] == "# Clouds\n\nGrüße\n"
        assert plugins[NEWEST]["metadata"] == {
            "data_type": "upload",
            "measurement": "env.cloud.cover",
        }
