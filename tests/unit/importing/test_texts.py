"""Licences, funding, names, versions and addresses out of strings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr.model.identity import version_key
from ecr.model.spdx import explain_problem
from ecr.stages.importing.addresses import (
    GitAddress,
    name_owner,
    name_repository,
    parse_git_address,
    parse_web_address,
    same_repository,
)
from ecr.stages.importing.checks import fits
from ecr.stages.importing.funding import parse_funding
from ecr.stages.importing.licences import Licence, detect_licence, parse_licence
from ecr.stages.importing.texts import split_items
from ecr.stages.importing.versions import make_name, make_title, make_version


class TestLicences:
    @pytest.mark.parametrize(
        ("text", "expression"),
        [
            ("MIT license", "MIT"),
            ("MIT License", "MIT"),
            ("mit", "MIT"),
            ("BSD 3-clause", "BSD-3-Clause"),
            ("Apache 2.0", "Apache-2.0"),
            ("Apache License, Version 2.0", "Apache-2.0"),
            ("GNU GPLv3", "GPL-3.0-only"),
            ("GPL v3 license", "GPL-3.0-only"),
            ("GPL-3.0 license", "GPL-3.0-only"),
            ("GNU General Public License v3.0", "GPL-3.0-only"),
            ("Gnu GPL v2 license", "GPL-2.0-only"),
            ("LGPL 2.1", "LGPL-2.1-only"),
            (
                "Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International License",
                "CC-BY-NC-SA-4.0",
            ),
            ("MIT (code), CC BY-NC-SA 4.0 (models)", "MIT AND CC-BY-NC-SA-4.0"),
        ],
    )
    def test_a_name_people_use_becomes_an_spdx_expression(self, text: str, expression: str):
        assert parse_licence(text) == Licence(expression, exact=False)

    @pytest.mark.parametrize("text", ["MIT", "BSD-3-Clause", "MIT OR Apache-2.0"])
    def test_an_spdx_expression_stays(self, text: str):
        assert parse_licence(text) == Licence(text, exact=True)

    @pytest.mark.parametrize(
        "text",
        [
            "GNU GPL",
            "Creative commons license",
            "The license agreed by Argonne National Laboratory",
            "All rights reserved (evaluation harness; contact author)",
            "MIT and something else",
            "???",
        ],
        ids=[
            "a family without a version",
            "terms and version are open",
            "an agreement nobody can read",
            "no licence at all",
            "half of it is unknown",
            "no words",
        ],
    )
    def test_what_is_not_clear_is_not_guessed(self, text: str):
        assert parse_licence(text) is None

    @given(st.text(max_size=60))
    def test_any_text_gives_a_valid_expression_or_none(self, text: str):
        licence = parse_licence(text)
        assert licence is None or explain_problem(licence.expression) is None

    @pytest.mark.parametrize(
        ("text", "identifier"),
        [
            ("MIT License\n\nPermission is hereby granted, free\nof charge, to any", "MIT"),
            ("Apache License\n  Version 2.0, January 2004", "Apache-2.0"),
            ("GNU GENERAL PUBLIC LICENSE\n Version 3, 29 June 2007", "GPL-3.0-only"),
            ("Redistribution and use in source and binary forms ...", "BSD-2-Clause"),
            (
                "Redistribution and use in source and binary forms ... Neither the name of",
                "BSD-3-Clause",
            ),
            ("All rights reserved.", None),
        ],
    )
    def test_a_licence_file_is_recognised_by_its_words(self, text: str, identifier: str | None):
        assert detect_licence(text) == identifier


class TestFunding:
    @pytest.mark.parametrize(
        ("text", "entries"),
        [
            ("NSF 1935984", [{"funder": "NSF", "award": "1935984"}]),
            (
                "NSF Grants: 2436842, 1935984, 2331263",
                [
                    {"funder": "NSF", "award": "2436842"},
                    {"funder": "NSF", "award": "1935984"},
                    {"funder": "NSF", "award": "2331263"},
                ],
            ),
            (
                "NSF 2331263, NSF 2436842",
                [{"funder": "NSF", "award": "2331263"}, {"funder": "NSF", "award": "2436842"}],
            ),
            (
                "NSF 1935984 https://www.nsf.gov/awardsearch/showAward?AWD_ID=1935984",
                [
                    {
                        "funder": "NSF",
                        "award": "1935984",
                        "url": "https://www.nsf.gov/awardsearch/showAward?AWD_ID=1935984",
                    }
                ],
            ),
            ("Argonne LDRD 2022-0310", [{"funder": "Argonne LDRD", "award": "2022-0310"}]),
            (
                "RAPID Award NSF 2346568",
                [{"funder": "RAPID NSF", "award": "2346568"}],
            ),
            (
                "Community Research on Climate and Urban Science (CROCUS)",
                [{"funder": "Community Research on Climate and Urban Science (CROCUS)"}],
            ),
            ("DOE; NSF", [{"funder": "DOE"}, {"funder": "NSF"}]),
            ("1935984", [{"funder": "1935984"}]),
            ("", []),
        ],
        ids=[
            "a funder and a number",
            "one funder, several numbers",
            "the funder before each number",
            "with the page of the award",
            "a number with a year",
            "filler words are passed over",
            "a funder alone",
            "two funders",
            "a number alone",
            "nothing",
        ],
    )
    def test_a_string_becomes_funders_and_awards(self, text: str, entries: list[dict[str, str]]):
        found = parse_funding(text)
        assert found.entries == entries
        assert found.doubts == []

    def test_words_after_the_last_number_are_named(self):
        found = parse_funding("NSF 1935984 with thanks")
        assert found.entries == [{"funder": "NSF", "award": "1935984"}]
        assert found.doubts == [("I034", "'with thanks' of 'NSF 1935984 with thanks' was left out")]


class TestVersions:
    @pytest.mark.parametrize(
        ("text", "version"),
        [
            ("0.1.0", "0.1.0"),
            ("1.0.0-rc.1", "1.0.0-rc.1"),
            ("v1.2.3", "1.2.3"),
            ("1.0", "1.0.0"),
            ("1.00", "1.0.0"),
            ("2", "2.0.0"),
            ("0.25.02.04", "0.25.204"),
            ("2023.7.13.3", "2023.7.1303"),
            ("01.02.03", "1.2.3"),
            ("1.0.0beta", "1.0.0-beta"),
            ("1.2 rc1", "1.2.0-rc1"),
            ("1.0.0+build.5", "1.0.0"),
            ("1.2.3.456", None),
            ("latest", None),
            ("", None),
            ("{{ version }}", None),
        ],
    )
    def test_a_version_becomes_semantic_where_that_is_clear(self, text: str, version: str | None):
        assert make_version(text) == version

    def test_date_like_versions_keep_their_order(self):
        dates = ["0.24.12.31", "0.25.1.1", "0.25.2.4", "0.25.2.10", "0.25.10.1"]
        versions = [make_version(text) or "" for text in dates]
        assert sorted(versions, key=version_key) == versions

    @given(st.text(st.sampled_from("0123456789.-+vab "), max_size=30))
    def test_any_text_gives_a_valid_version_or_none(self, text: str):
        version = make_version(text)
        assert version is None or fits("Version", version)


class TestNames:
    @pytest.mark.parametrize(
        ("text", "name", "title"),
        [
            ("cloud-motion", "cloud-motion", "Cloud motion"),
            ("BirdNET_Plugin", "birdnet-plugin", "BirdNET Plugin"),
            ("Sage Performance Monitor", "sage-performance-monitor", "Sage Performance Monitor"),
            ("object_counter", "object-counter", "Object counter"),
            ("__", None, ""),
            ("雲", None, "雲"),
        ],
    )
    def test_a_name_and_a_title_are_made(self, text: str, name: str | None, title: str):
        assert make_name(text) == name
        assert make_title(text) == title

    @given(st.text(max_size=150))
    def test_any_text_gives_a_valid_name_or_none(self, text: str):
        name = make_name(text)
        assert name is None or fits("BundleName", name)


class TestAddresses:
    @pytest.mark.parametrize(
        ("text", "address"),
        [
            ("https://github.com/a/b", GitAddress("https://github.com/a/b")),
            ("https://github.com/a/b.git", GitAddress("https://github.com/a/b")),
            ("http://github.com/a/b/", GitAddress("https://github.com/a/b")),
            ("git@github.com:a/b.git", GitAddress("https://github.com/a/b")),
            ("ssh://git@github.com:22/a/b.git", GitAddress("https://github.com/a/b")),
            ("git://github.com/a/b", GitAddress("https://github.com/a/b")),
            ("https://user:word@github.com/a/b", GitAddress("https://github.com/a/b")),
            ("github.com/a/b", GitAddress("https://github.com/a/b")),
            (
                "https://github.com/a/b/tree/main/apps/one",
                GitAddress("https://github.com/a/b", "main", "apps/one"),
            ),
            ("https://github.com/a/b/tree/v1.0", GitAddress("https://github.com/a/b", "v1.0")),
            ("https://github.com/a/b/tree/main/../..", None),
            ("https://github.com", None),
            ("javascript:alert(1)", None),
            ("file:///etc/passwd", None),
            ("--upload-pack=x", None),
            ("", None),
        ],
    )
    def test_an_address_becomes_https(self, text: str, address: GitAddress | None):
        assert parse_git_address(text) == address

    @given(st.text(max_size=80) | st.text(st.sampled_from("git@htps:/.ab-%[]"), max_size=40))
    def test_any_text_gives_a_valid_address_or_none(self, text: str):
        address = parse_git_address(text)
        assert address is None or fits("HttpsUrl", address.url)
        page = parse_web_address(text)
        assert page is None or fits("HttpsUrl", page)

    def test_repositories_are_compared_without_case_and_suffix(self):
        assert same_repository("https://github.com/A/b.git", "https://github.com/a/B/")
        assert not same_repository("https://github.com/a/b", "https://github.com/a/c")

    def test_owner_and_name_are_those_of_the_path(self):
        assert name_owner("https://github.com/a/b.git") == "a"
        assert name_repository("https://github.com/a/b.git") == "b"
        assert name_owner("https://example.org/b") is None


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("a, b;c\nd", ["a", "b", "c", "d"]),
        ("a (b, c), d", ["a (b, c)", "d"]),
        ("a <b,c", ["a <b,c"]),
        (",,", []),
    ],
    ids=["all separators", "not inside brackets", "a bracket left open", "separators only"],
)
def test_items_are_split(text: str, items: list[str]):
    assert split_items(text) == items
