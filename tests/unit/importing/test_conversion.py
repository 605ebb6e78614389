"""From sage.yaml to a release: every field lands somewhere, and what is doubtful is said."""

from __future__ import annotations

from typing import Any

import pytest

from ecr.errors import ToolTimeoutError
from ecr.stages.importing.conversion import Choices
from ecr.stages.importing.places import Place
from tests.unit.importing.conversion_case import CLEAN, COMMIT, REPOSITORY, convert


def test_a_clean_file_is_carried_over_without_a_word():
    case = convert(
        CLEAN
        + """\
  url: https://github.com/ada/engine
  branch: main
  directory: app
  dockerfile: docker/Dockerfile
  build_args: {MODEL: small, RATE: 1.10}
collaborators: Charles Babbage
funding: NSF 1935984
keywords: "engine, computing"
homepage: https://example.org/engine
arguments: [--rate, 5]
resources: [{type: RGB_image_producer, view: street}]
inputs:
  - {id: rate, type: int, description: How often., default: 5}
metadata: {ontology: env.count, my: {nested: [1, 1.10]}}
depends_on: []
"""
    )
    assert case.said == []
    assert case.parts == {
        "schema_version": 1,
        "namespace": "ada",
        "name": "engine",
        "version": "0.1.0",
        "title": "Engine",
        "summary": "Computes.",
        "authors": [{"name": "Ada Lovelace", "email": "ada@example.edu"}],
        "contributors": [{"name": "Charles Babbage"}],
        "funding": [{"funder": "NSF", "award": "1935984"}],
        "keywords": ["engine", "computing"],
        "license": "MIT",
        "homepage": "https://example.org/engine",
        "code": {
            "kind": "container",
            "source": {"git": REPOSITORY, "commit": COMMIT, "ref": "main", "directory": "app"},
            "dockerfile": "docker/Dockerfile",
            "build_args": {"MODEL": "small", "RATE": "1.10"},
            "arguments": ["--rate", "5"],
        },
        "platforms": ["linux/arm64"],
        "inputs": [{"id": "rate", "type": "int", "description": "How often.", "default": 5}],
        "resources": [{"type": "RGB_image_producer", "properties": {"view": "street"}}],
        "metadata": {"ontology": "env.count", "my": {"nested": [1, 1.1]}},
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["1:1 error[I001] : the file is empty"]),
        ("just: this\n", ["1:1 error[I001] : the file does not describe an app"]),
        ("- name: x\n", ["1:1 error[I001] : the file does not describe an app"]),
        (
            "name: x\n  y: 1\n",
            ["2:4 error[E002] : not valid YAML: mapping values are not allowed in this context"],
        ),
        (
            "name: &x engine\ndescription: *x\n",
            [
                "1:7 error[E004] : anchors and aliases are not allowed",
                "2:14 error[E004] : anchors and aliases are not allowed",
            ],
        ),
        (
            'name: "{{ cookiecutter.name }}"\ndescription: ok\n"{% if x %}": 1\n',
            [
                "1:7 error[I002] name: '{{ cookiecutter.name }}' was not filled in",
                "3:1 error[I002] {% if x %}: '{% if x %}' was not filled in",
            ],
        ),
        (
            CLEAN.replace("linux/arm64", "linux/riscv64"),
            [
                "8:18 error[I008] source.architectures: none of the platforms is supported",
                "8:19 warning[I045] source.architectures[0]: platform 'linux/riscv64' was left out",
            ],
        ),
        (
            CLEAN.replace("  architectures: [linux/arm64]", "  {}"),
            ["8:3 error[I003] source.architectures: no platform is stated"],
        ),
        (
            CLEAN.replace("description: Computes.", 'description: ""'),
            ["4:14 error[I003] description: no description says what the app does"],
        ),
        (
            CLEAN.replace("version: 0.1.0", "version: latest"),
            ["3:10 error[I006] version: no semantic version can be made of 'latest'"],
        ),
        (
            CLEAN.replace("name: engine", "name: '***'"),
            ["1:7 error[I005] name: no valid name can be made of '***'"],
        ),
        (
            CLEAN.replace("name: engine", "name: your-plugin-name"),
            ["1:7 error[I002] name: name 'your-plugin-name' is text of a template"],
        ),
    ],
    ids=[
        "an empty file",
        "something else",
        "a list",
        "no YAML",
        "an alias",
        "a template",
        "no supported platform",
        "no platform",
        "no description",
        "a version that is a word",
        "a name without letters",
        "the name of the template",
    ],
)
def test_a_file_that_cannot_become_a_release_is_refused_with_the_place(text: str, said: list[str]):
    case = convert(text)
    assert case.release is None
    assert case.said == said


@pytest.mark.parametrize(
    ("change", "said", "parts"),
    [
        (
            ("name: engine", "name: Difference_Engine 2"),
            [("1:7 note[I020] name: name 'Difference_Engine 2' was written as "
             "'difference-engine-2'")],
            {"name": "difference-engine-2", "title": "Difference Engine 2"},
        ),
        (
            ("name: engine\n", ""),
            [("1:1 note[I023] name: no name is stated; 'engine' was taken from the name of the "
             "repository")],
            {"name": "engine", "title": "Engine"},
        ),
        (
            ("namespace: ada\n", ""),
            [("1:1 note[I023] namespace: no namespace is stated; 'ada' was taken from the owner of "
             "the repository")],
            {"namespace": "ada"},
        ),
        (
            ("version: 0.1.0", "version: 0.25.02.04"),
            ["3:10 warning[I021] version: version '0.25.02.04' was written as '0.25.204'"],
            {"version": "0.25.204"},
        ),
        (
            ("version: 0.1.0", "version: 1.10"),
            ["3:10 warning[I021] version: version '1.10' was written as '1.10.0'"],
            {"version": "1.10.0"},
        ),
        (
            ("version: 0.1.0\n", ""),
            [("1:1 warning[I022] version: no version is stated; the pre-release "
             "0.0.0-g0123456789ab names the commit")],
            {"version": "0.0.0-g0123456789ab"},
        ),
        (
            ("authors: Ada Lovelace <ada@example.edu>\n", ""),
            [("1:1 warning[I031] authors: no author is stated; the owner of the repository, 'ada', "
             "stands in")],
            {"authors": [{"name": "ada"}]},
        ),
        (
            ("authors: Ada Lovelace <ada@example.edu>", "author: Ada Lovelace"),
            ["5:1 warning[I013] author: 'author' was read as 'authors'"],
            {"authors": [{"name": "Ada Lovelace"}]},
        ),
        (
            ("authors: Ada Lovelace <ada@example.edu>",
             "authors: [{name: Ada Lovelace, affiliation: London, age: 36, email: none}]"),
            [("5:53 warning[I011] authors[0].age: 'authors[0].age' is not known; it was kept under "
             "metadata.sage"),
             "5:62 warning[I030] authors[0].email: 'none' is no email; kept under metadata.sage"],
            {"authors": [{"name": "Ada Lovelace", "affiliation": "London"}],
             "metadata": {"sage": {"authors[0].age": 36, "authors[0].email": "none"}}},
        ),
        (
            ("license: MIT\n", ""),
            ["1:1 warning[I032] license: no licence is stated; NOASSERTION was written"],
            {"license": "NOASSERTION"},
        ),
        (
            ("license: MIT", "license: As agreed"),
            [("6:1 warning[I032] license: 'As agreed' names no licence SPDX knows; kept under "
             "metadata.sage")],
            {"license": "NOASSERTION", "metadata": {"sage": {"license": "As agreed"}}},
        ),
        (
            ("license: MIT", "license: GPL v3 license"),
            ["6:10 note[I033] license: 'GPL v3 license' was read as GPL-3.0-only"],
            {"license": "GPL-3.0-only"},
        ),
        (
            ("[linux/arm64]", "[armv7, linux/arm/v6, linux/arm64]"),
            [("8:19 warning[I045] source.architectures[0]: platform 'armv7' was written as "
             "'linux/arm/v7'"),
             "8:26 warning[I045] source.architectures[1]: platform 'linux/arm/v6' was left out"],
            {"platforms": ["linux/arm/v7", "linux/arm64"]},
        ),
        (
            ("source:\n  architectures: [linux/arm64]", "architecture: linux/arm64"),
            ["7:1 warning[I013] architecture: 'architecture' was read as 'source.architectures'"],
            {"platforms": ["linux/arm64"]},
        ),
        (
            ("license: MIT", "license: MIT\nhomepage: http://example.org"),
            ["7:11 note[I040] homepage: 'http://example.org' was written as 'https://example.org'"],
            {"homepage": "https://example.org"},
        ),
        (
            ("license: MIT", "license: MIT\nhomepage: see the wiki"),
            [("7:1 warning[I042] homepage: 'see the wiki' is not a web address; kept under "
             "metadata.sage")],
            {"metadata": {"sage": {"homepage": "see the wiki"}}},
        ),
        (
            ("license: MIT", "license: MIT\nkeywords: [a, b, A]\nfunding: NSF 1935984 in part"),
            ["7:18 note[I035] keywords[2]: keyword 'A' stands twice",
             "8:10 note[I034] funding: 'in part' of 'NSF 1935984 in part' was left out"],
            {"keywords": ["a", "b"], "funding": [{"funder": "NSF", "award": "1935984"}]},
        ),
        (
            ("license: MIT", "license: MIT\ntesting: {command: [pytest], mask_entrypoint: true}"),
            [("7:1 warning[I012] testing: 'testing' was kept under metadata.sage: a test here "
             "states what must be seen, not how another command is run")],
            {"metadata": {"sage": {
                "testing": {"command": ["pytest"], "mask_entrypoint": True}}}},
        ),
        (
            ("license: MIT", "license: MIT\nfrozen: false\nkind: vision\nx: {y: [1]}\nempty: ''"),
            [("7:1 warning[I012] frozen: 'frozen' was kept under metadata.sage: every release here "
             "is frozen once it is merged"),
             "8:1 warning[I011] kind: 'kind' is not known; it was kept under metadata.sage",
             "9:1 warning[I011] x: 'x' is not known; it was kept under metadata.sage",
             "10:1 warning[I011] empty: 'empty' is not known; it was kept under metadata.sage"],
            {"metadata": {"sage": {"empty": "", "frozen": False, "kind": "vision",
                                   "x": {"y": [1]}}}},
        ),
        (
            ("license: MIT", "license: MIT\nmetadata: {sage: mine}\nkind: vision"),
            ["8:1 warning[I011] kind: 'kind' is not known; it was kept under metadata.sage"],
            {"metadata": {"sage": "mine", "sage-yaml": {"kind": "vision"}}},
        ),
        (
            ("license: MIT", "license: MIT\nlicense: BSD-3-Clause"),
            ["6:1 warning[I010] license: key 'license' stands again on line 7, which counts"],
            {"license": "BSD-3-Clause"},
        ),
        (
            ("license: MIT", "license: MIT\narguments: --a 'b c'"),
            ["7:12 warning[I013] arguments: the text was read as 2 arguments"],
            {"code": {"kind": "container", "source": {"git": REPOSITORY, "commit": COMMIT},
                      "arguments": ["--a", "b c"]}},
        ),
        (
            ("license: MIT", "license: MIT\nresources: {memory: 4Gi, architecture: arm64}"),
            [("7:13 warning[I012] resources.memory: 'resources.memory' was kept under "
             "metadata.sage: needs are written otherwise"),
             ("7:26 warning[I011] resources.architecture: 'resources.architecture' is not known; "
             "it was kept under metadata.sage")],
            {"metadata": {"sage": {"resources.architecture": "arm64",
                                   "resources.memory": "4Gi"}}},
        ),
    ],
    ids=[
        "a name with capitals, a space and an underscore",
        "no name",
        "no namespace",
        "a version with four parts",
        "a version YAML takes for a number keeps its digits",
        "no version",
        "no author",
        "a misspelt key",
        "a person as a mapping",
        "no licence",
        "a licence nobody knows",
        "a licence by its name",
        "platforms by other names, and one that is not supported",
        "platforms at another place",
        "an http page",
        "a page that is none",
        "a keyword twice, words behind an award",
        "a test command",
        "unknown keys, nested and empty",
        "metadata that uses our key",
        "a key twice",
        "arguments as one text",
        "resources as in Kubernetes",
    ],
)  # fmt: skip
def test_what_is_changed_is_said(change: tuple[str, str], said: list[str], parts: dict[str, Any]):
    assert change[0] in CLEAN
    case = convert(CLEAN.replace(*change))
    assert case.said == said
    assert {key: case.parts.get(key) for key in parts} == parts


class TestInputs:
    @pytest.mark.parametrize(
        ("text", "said", "inputs"),
        [
            (
                "[{id: a, type: bool, default: 'yes'}]",
                ["10:17 warning[I050] inputs[0].type: type 'bool' was read as boolean",
                 "10:32 warning[I051] inputs[0].default: default 'yes' was read as true"],
                [{"id": "a", "type": "boolean", "default": True}],
            ),
            (
                "[{id: a, type: string, default: 600}, {id: b, type: File, default: 1.10}]",
                ["10:34 warning[I051] inputs[0].default: default 600 was read as '600'",
                 "10:69 warning[I051] inputs[1].default: default 1.10 was read as '1.10'"],
                [{"id": "a", "type": "string", "default": "600"},
                 {"id": "b", "type": "File", "default": "1.10"}],
            ),
            (
                "[{id: a, type: int, default: '5'}, {id: b, type: float, default: '0.5'}]",
                ["10:31 warning[I051] inputs[0].default: default '5' was read as 5",
                 "10:67 warning[I051] inputs[1].default: default '0.5' was read as 0.5"],
                [{"id": "a", "type": "int", "default": 5},
                 {"id": "b", "type": "float", "default": 0.5}],
            ),
            (
                "[{id: a, type: int, default: many}]",
                [("10:22 warning[I051] inputs[0].default: the default is not of type int; kept "
                 "under metadata.sage")],
                [{"id": "a", "type": "int"}],
            ),
            (
                "[{id: --a, type: str}, {id: -b, type: int}, {id: 'c d', type: int}]",
                ["10:8 note[I052] inputs[0].id: id '--a' was written as 'a'",
                 "10:19 warning[I050] inputs[0].type: type 'str' was read as string",
                 "10:30 note[I052] inputs[1].id: id '-b' was written as 'b'",
                 "10:51 warning[I052] inputs[2].id: id 'c d' was written as 'c-d'"],
                [{"id": "a", "type": "string"}, {"id": "b", "flag": "-b", "type": "int"},
                 {"id": "c-d", "type": "int"}],
            ),
            (
                "[{id: a, type: int}, {id: a, type: float}]",
                ["10:23 warning[I052] inputs[1]: a second input 'a'; kept under metadata.sage"],
                [{"id": "a", "type": "int"}],
            ),
            (
                "[camera, {type: int}, '']",
                [("10:3 warning[I052] inputs[0]: 'camera' has no type; it was taken for the id of "
                 "an input of type string"),
                 "10:11 warning[I052] inputs[1]: an input without an id; kept under metadata.sage",
                 "10:24 warning[I052] inputs[2]: an empty input was left out"],
                [{"id": "camera", "type": "string"}],
            ),
            (
                "[{id: a, type: int, descriptino: x, choices: [1]}]",
                [("10:22 warning[I013] inputs[0].descriptino: 'descriptino' was read as "
                 "'description'"),
                 ("10:38 warning[I011] inputs[0].choices: 'inputs[0].choices' is not known; it was "
                 "kept under metadata.sage")],
                [{"id": "a", "type": "int", "description": "x"}],
            ),
            (
                "{a: {type: int, required: 'yes'}}",
                [("10:2 warning[I013] inputs: a mapping stands where a list is needed; its keys "
                 "were taken for ids")],
                [{"id": "a", "type": "int", "required": True}],
            ),
            (
                "[{id: a, type: 'type: int, string'}]",
                ["10:17 warning[I050] inputs[0].type: type 'type: int, string' was read as string"],
                [{"id": "a", "type": "string"}],
            ),
            (
                "camera",
                ["9:1 warning[I013] inputs: no list of inputs; kept under metadata.sage"],
                None,
            ),
        ],
        ids=[
            "a type by another name, and a default in words",
            "numbers as defaults of text keep their spelling",
            "text as defaults of numbers",
            "a default that cannot be of the type",
            "dashes before an id; one dash is how it is written",
            "an id twice",
            "a bare word, no id, nothing",
            "a misspelt key and an unknown one",
            "a mapping of inputs",
            "a placeholder as type",
            "no list",
        ],
    )  # fmt: skip
    def test_inputs_are_made_valid(
        self, text: str, said: list[str], inputs: list[dict[str, Any]] | None
    ):
        case = convert(f"{CLEAN}inputs:\n {text}\n")
        assert case.said == said
        assert case.parts.get("inputs") == inputs


class TestSources:
    def test_a_file_without_a_commit_is_refused(self):
        case = convert(CLEAN, place=Place("sage.yaml", b"", REPOSITORY))
        assert case.release is None
        assert case.said == [
            (
                f"8:3 error[I004] source: 'HEAD' of {REPOSITORY} is not pinned to a commit: the "
                "repository was not asked"
            )
        ]

    def test_a_branch_is_resolved_where_the_repository_can_be_asked(self):
        asked: list[tuple[str, str]] = []

        def resolve(url: str, ref: str) -> str:
            asked.append((url, ref))
            return COMMIT

        text = CLEAN + f"  url: {REPOSITORY}.git\n  branch: main\n"
        case = convert(text, place=Place("sage.yaml", b""), resolve_ref=resolve)
        assert asked == [(REPOSITORY, "main")]
        assert case.parts["code"]["source"] == {
            "git": REPOSITORY, "commit": COMMIT, "ref": "main"
        }  # fmt: skip
        assert case.said == [
            f"9:8 note[I040] source.url: '{REPOSITORY}.git' was written as '{REPOSITORY}'"
        ]

    @pytest.mark.parametrize(
        ("resolve", "why"),
        [
            (lambda _url, _ref: None, "it has no 'main'"),
            (None, "the repository was not asked"),
        ],
        ids=["the branch is gone", "offline"],
    )
    def test_a_branch_that_cannot_be_resolved_is_refused(self, resolve: Any, why: str):
        text = CLEAN + "  branch: main\n"
        case = convert(text, place=Place("sage.yaml", b"", REPOSITORY), resolve_ref=resolve)
        assert case.said == [
            f"9:11 error[I004] source.branch: 'main' of {REPOSITORY} is not pinned to a commit: "
            + why
        ]

    def test_a_repository_that_cannot_be_reached_is_a_finding_and_no_crash(self):
        def resolve(_url: str, _ref: str) -> str:
            raise ToolTimeoutError("no end after 30 s: git ls-remote")

        case = convert(CLEAN, place=Place("sage.yaml", b"", REPOSITORY), resolve_ref=resolve)
        assert case.said == [
            (
                f"8:3 error[I004] source: 'HEAD' of {REPOSITORY} is not pinned to a commit: it "
                "cannot be reached (no end after 30 s: git ls-remote)"
            )
        ]

    def test_the_repository_the_file_was_read_from_goes_before_the_one_it_names(self):
        case = convert(CLEAN + "  url: https://github.com/babbage/engine\n")
        assert case.parts["code"]["source"] == {"git": REPOSITORY, "commit": COMMIT}
        assert case.said == [
            (
                "9:8 warning[I041] source.url: names 'https://github.com/babbage/engine', but the "
                f"file was read from '{REPOSITORY}', whose commit is pinned"
            )
        ]

    def test_a_commit_in_the_file_is_used_when_no_other_is_known(self):
        text = CLEAN + f"  git_commit: {COMMIT}\n  tag: v1\n  branch: main\n"
        case = convert(text, place=Place("sage.yaml", b"", REPOSITORY))
        assert case.parts["code"]["source"] == {"git": REPOSITORY, "commit": COMMIT, "ref": "v1"}
        assert case.said == [
            "11:11 warning[I043] source.branch: the tag 'v1' goes before the branch 'main'"
        ]

    def test_the_password_of_an_address_is_never_shown(self):
        case = convert(CLEAN + "  url: https://ada:secret@github.com/ada/engine\n")
        assert "secret" not in "".join(case.said)
        assert case.said == [
            (
                "9:8 note[I040] source.url: 'https://***@github.com/ada/engine' was written as "
                f"'{REPOSITORY}'"
            )
        ]

    def test_a_path_that_leaves_the_repository_is_not_taken(self):
        case = convert(CLEAN + "  directory: ../other\n  dockerfile: ./docker/Dockerfile\n")
        assert case.parts["code"]["dockerfile"] == "docker/Dockerfile"
        assert "directory" not in case.parts["code"]["source"]
        assert case.said == [
            (
                "9:3 warning[I042] source.directory: '../other' is not a path in the repository; "
                "kept as metadata"
            ),
            (
                "10:15 note[I040] source.dockerfile: './docker/Dockerfile' was written as "
                "'docker/Dockerfile'"
            ),
        ]

    def test_a_build_argument_that_looks_secret_is_named_without_its_value(self):
        case = convert(CLEAN + "  build_args: {USER_TOKEN: abc, LIST: [1]}\n")
        assert case.parts["code"]["build_args"] == {"USER_TOKEN": "abc"}
        assert case.said == [
            (
                "9:28 warning[I046] source.build_args.USER_TOKEN: build argument 'USER_TOKEN' "
                "looks like a secret; build arguments are public"
            ),
            (
                "9:33 warning[I013] source.build_args.LIST: the value is not plain text; kept "
                "under metadata.sage"
            ),
        ]

    def test_the_directory_of_the_file_is_that_of_the_code(self):
        place = Place("apps/one/sage.yaml", b"", REPOSITORY, COMMIT, directory="apps/one")
        case = convert(CLEAN, place=place)
        assert case.parts["code"]["source"]["directory"] == "apps/one"
        assert case.said == [
            (
                "8:3 warning[I013] source.directory: the directory of the file, 'apps/one', was "
                "taken for that of the code"
            )
        ]


def test_what_the_caller_chooses_goes_before_the_file():
    choices = Choices("lab", "machine", "2.0.0", ("linux/amd64",))
    case = convert(CLEAN, choices=choices)
    assert [case.parts[key] for key in ("namespace", "name", "version", "platforms")] == [
        "lab",
        "machine",
        "2.0.0",
        ["linux/amd64"],
    ]
    assert case.said == [
        "1:7 note[I020] name: name 'engine' was replaced by 'machine'",
        "2:12 note[I020] namespace: namespace 'ada' was replaced by 'lab'",
        "3:10 warning[I021] version: version '0.1.0' was replaced by '2.0.0'",
        "8:18 warning[I045] source.architectures: replaced by linux/amd64, as asked for",
    ]


def test_a_choice_that_is_not_valid_is_refused():
    case = convert(CLEAN, choices=Choices(version="two"))
    assert case.release is None
    assert case.said[0] == (
        "1:1 error[I009] : the release would not be valid: version: version 'two' is not a "
        "semantic version"
    )


def test_a_long_description_is_split_into_summary_and_description():
    text = "Computes numbers of every kind. " * 12
    case = convert(CLEAN.replace("Computes.", text))
    assert case.parts["summary"] == "Computes numbers of every kind."
    assert case.parts["description"] == text.strip()
    assert case.said == []


def test_invisible_characters_are_taken_out_and_named():
    case = convert(CLEAN.replace("Computes.", "Com\u202eputes."))
    assert case.parts["summary"] == "Computes."
    assert case.said == [
        "4:14 note[I014] description: control or invisible characters were removed",
        "4:17 note[E117] : the file holds an invisible character (U+202E)",
    ]
