"""Strict YAML: what values mean, what is refused and where, and files made to do harm."""

# ruff: noqa: E501 - messages are asserted in full

from time import process_time

import pytest

from ecr.catalog.yaml_document import MAX_FINDINGS, Position, YamlDocument, YamlNumberText


def read(text: str | bytes) -> YamlDocument:
    return YamlDocument("r.yaml", text.encode() if isinstance(text, str) else text)


def show(document: YamlDocument) -> list[str]:
    return [
        f"{finding.line}:{finding.column} {finding.code} {finding.message}"
        + (f" ({finding.hint})" if finding.hint else "")
        for finding in document.findings
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("text", "text"),
        ("'1.10'", "1.10"),
        ("yes", "yes"),
        ("on", "on"),
        ("2026-01-31", "2026-01-31"),
        ("12:30", "12:30"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        ("12", 12),
        ("-3", -3),
        ("0", 0),
        ("999999999999999999", 999999999999999999),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("[a, 1]", ["a", 1]),
        ("{a: b}", {"a": "b"}),
    ],
)
def test_a_value_means_what_the_json_schema_of_yaml_says(text: str, value: object):
    document = read(f"key: {text}\n")
    assert document.findings == []
    assert document.data == {"key": value}
    assert type(document.data["key"]) in (type(value), YamlNumberText)


@pytest.mark.parametrize("text", ["1.10", "1.0", "007", "1e3", "+1.50", "1234567890123456789012"])
def test_a_number_that_would_change_remembers_how_it_was_written(text: str):
    value = read(f"key: {text}").data["key"]
    assert isinstance(value, YamlNumberText)
    assert value.text == text


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        (
            "title: a\nname: b\ntitle: c\n",
            [
                (
                    "3:1 E003 key 'title' stands here a second time "
                    "(it is on line 1 already; keep one of them)"
                )
            ],
        ),
        (
            "a: {x: 1, x: 2}",
            [
                (
                    "1:11 E003 key 'x' stands here a second time "
                    "(it is on line 1 already; keep one of them)"
                )
            ],
        ),
        (
            "a: &x 1\nb: *x\n",
            [
                "1:4 E004 anchors and aliases are not allowed (write the value out where it is used)",
                "2:4 E004 anchors and aliases are not allowed (write the value out where it is used)",
            ],
        ),
        (
            "a: &anchor [1]\n",
            ["1:4 E004 anchors and aliases are not allowed (write the value out where it is used)"],
        ),
        (
            "a: !!python/object:os.system x\n",
            [
                (
                    "1:4 E004 tag 'tag:yaml.org,2002:python/object:os.system' is not allowed "
                    "(write the plain value)"
                )
            ],
        ),
        ("a: !custom [1]\n", ["1:4 E004 tag '!custom' is not allowed (write the plain value)"]),
        (
            "!!str a: 1\n",
            ["1:1 E004 tag 'tag:yaml.org,2002:str' is not allowed (write the plain value)"],
        ),
        ("? [a]\n: 1\n", ["1:3 E006 a key must be text (write a plain word)"]),
        ("? {a: b}\n: 1\n", ["1:3 E006 a key must be text (write a plain word)"]),
        ("a: 1e999\n", ["1:4 E007 the number 1e999 is too large (quote it when it is text)"]),
        (
            "é: 1\nb: a\u202eb\n",
            [
                (
                    "2:5 E117 the file holds an invisible character (U+202E) "
                    "(remove it: it hides what a reader sees)"
                )
            ],
        ),
        (
            "a: 1 # \u200b\n",
            [
                (
                    "1:8 E117 the file holds an invisible character (U+200B) "
                    "(remove it: it hides what a reader sees)"
                )
            ],
        ),
        (
            "é: 1\nb: \x00\n",
            ["2:4 E002 the file holds a character YAML does not allow (U+0000) (remove it)"],
        ),
        (
            "a: 1\n\tb: 2\n",
            [
                (
                    "2:1 E002 not valid YAML: while scanning a plain scalar, found a tab character that "
                    "violates indentation (indent with spaces, not tabs)"
                )
            ],
        ),
        (
            "a:\n\t- 2\n",
            [
                (
                    "2:1 E002 not valid YAML: while scanning for the next token, found character that "
                    "cannot start any token (indent with spaces, not tabs; quote a value that starts so)"
                )
            ],
        ),
        (
            "summary: Clouds: a\n",
            [
                (
                    "1:16 E002 not valid YAML: mapping values are not allowed in this context "
                    "(quote a value that holds ': ', or correct the indentation)"
                )
            ],
        ),
        (
            "a: 1\n---\nb: 2\n",
            [
                (
                    "2:1 E002 not valid YAML: expected a single document in the stream, but found another "
                    "document (one file holds one document; remove the '---' and what follows)"
                )
            ],
        ),
        (
            "a: 'x\n",
            [
                (
                    "1:6 E002 not valid YAML: while scanning a quoted scalar, found unexpected end of "
                    "stream (close the quote)"
                )
            ],
        ),
        (
            "a: [1, 2\n",
            [
                (
                    "1:9 E002 not valid YAML: while parsing a flow sequence, did not find expected ',' or "
                    "']' (close every bracket and quote, and put ',' between items)"
                )
            ],
        ),
        (
            "a: **b**\n",
            [
                (
                    "1:5 E002 not valid YAML: while scanning an alias, did not find expected alphabetic or "
                    "numeric character (quote a value that starts with '*', '&' or '!')"
                )
            ],
        ),
        (
            'a: "\\q"\n',
            [
                (
                    "1:5 E002 not valid YAML: while parsing a quoted scalar, found unknown escape "
                    "character (write \\\\ for a backslash, or use single quotes)"
                )
            ],
        ),
        (
            b"a: 1\nb: Jos\xe9\n",
            ["2:7 E001 the file is not UTF-8 text (save it with the encoding UTF-8)"],
        ),
        (
            "a: " + "[" * 30 + "]" * 30,
            ["1:24 E005 lists and mappings are nested deeper than 20 levels (write it flatter)"],
        ),
        (
            "a: " + "x" * 300_000,
            [
                (
                    "1:1 E005 the file has 300003 bytes; at most 262144 are read "
                    "(keep data in files of its own and refer to them)"
                )
            ],
        ),
    ],
)
def test_what_is_refused_is_told_with_its_place(text: str | bytes, findings: list[str]):
    assert show(read(text)) == findings


@pytest.mark.parametrize(
    "text",
    [
        "a: 'R&D *and* **more**'\nb: R & D\nc: |\n  *emphasis* and **strong** and &amp;\n",
        "a: b&c\nd: x*y\n",
        "\ufeffa: 1\nb: 2\n",
        "a: 1\r\nb: 2\r\n",
        "<<: {a: 1}\n",
        "null: 1\n2: x\n",
    ],
    ids=[
        "stars and ampersands in text",
        "inside words",
        "a byte order mark",
        "line ends of DOS",
        "a merge key is a key like any other",
        "keys are text",
    ],
)
def test_what_only_looks_doubtful_is_read(text: str):
    document = read(text)
    assert document.findings == []
    assert document.is_mapping


def test_line_ends_of_dos_and_a_byte_order_mark_do_not_shift_positions():
    document = read("\ufeffa: 1\r\nb:\r\n  c: 2\r\n")
    assert document.locate(("b", "c")) == (Position(3, 6), "b.c")
    assert document.locate(("a",), key=True) == (Position(1, 1), "a")


def test_places_are_named_and_found_as_people_write_them():
    document = read("a:\n  - x: 1\n    y: [7, 8]\nb: {c: d}\n")
    assert document.locate(("a", 0, "y", 1)) == (Position(3, 12), "a[0].y[1]")
    assert document.locate(("b", "c"), key=True) == (Position(4, 5), "b.c")
    assert document.locate(("a", 0, "z")) == (Position(2, 5), "a[0]")
    assert document.locate(()) == (Position(1, 1), "")


def make_laughs() -> str:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [
        f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 10)
    ]
    return "\n".join(lines) + "\n"


HOSTILE = {
    "brackets without end": "[" * 250_000,
    "braces without end": "{" * 250_000,
    "mappings without end": "{a: " * 60_000,
    "list items on one line": "- " * 120_000,
    "explicit keys on one line": "? " * 120_000,
    "list items with tabs": "-\t" * 120_000,
    "empty keys": ": " * 120_000,
    "keys and lists in turn": "? - " * 60_000,
    "indentation without end": "\n".join(" " * depth + "a:" for depth in range(700)),
    "balanced brackets": "a: " + "[" * 100_000 + "]" * 100_000,
    "a billion laughs": make_laughs(),
    "an alias of itself": "a: &a [*a]\n",
    "a thousand aliases": "a: &a [1]\n" + "b: *a\n" * 40_000,
    "one key ten thousand times": "a: 1\n" * 40_000,
    "two of each key": "".join(f"k{number}: 1\n" for number in range(11_000)) * 2,
    "one long word": "a: " + "x" * 250_000,
    "a number without end": "a: " + "9" * 250_000,
    "a fraction without end": "a: 0." + "9" * 250_000,
    "an exponent without end": "a: 1e" + "9" * 250_000,
    "a tag without end": "a: !<" + "%41" * 80_000 + "> x",
    "only tabs": "\t" * 250_000,
    "only byte order marks": "\ufeff" * 80_000,
    "only comments": "#\n" * 120_000,
    "only document starts": "---\n" * 60_000,
    "quotes": '"' * 250_000,
    "escapes": 'a: "' + "\\x41" * 60_000 + '"',
    "zero bytes": "\0" * 250_000,
    "half a character of another plane": 'a: "\\ud800"',
    "keys that are lists": "? [a]\n: 1\n" * 20_000,
    "anchors without end": "&a " * 80_000,
    "ten megabytes": "a: " + "x" * 10_000_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_ends_in_few_findings_or_plain_values(text: str):
    start = process_time()
    document = read(text)
    # Not a measurement: what is guarded against takes minutes, or ends the process.
    assert process_time() - start < 5
    assert len(document.findings) <= MAX_FINDINGS + 1
    lines = text.count("\n") + 1
    assert all(1 <= finding.line <= lines for finding in document.findings)


@pytest.mark.parametrize("name", ["a billion laughs", "an alias of itself", "a thousand aliases"])
def test_nothing_is_built_from_aliases(name: str):
    document = read(HOSTILE[name])
    assert document.data is None
    assert {finding.code for finding in document.findings} <= {"E004", "W001", "E005"}


def test_more_findings_than_anybody_reads_are_cut_with_a_word():
    findings = read("a: 1\n" * 500).findings
    assert len(findings) == MAX_FINDINGS + 1
    assert findings[-1].code == "W001"
    assert findings[-1].severity == "warning"
    assert findings[-1].message == "there are more than 100 findings; the rest is not shown"
