"""Reading a Python script without running it, and the packages it needs."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr.errors import UsageError
from ecr.model.release import Input
from ecr.stages.scaffold.packages import list_packages, load_packages, pin_packages
from ecr.stages.scaffold.script import Script, read_script


def read(text: str) -> Script:
    return read_script("main.py", text.encode("utf-8"))


@pytest.mark.parametrize(
    ("call", "found"),
    [
        (
            'add_argument("--rate", type=int, default=5, help="How  often (100%%)")',
            {"id": "rate", "type": "int", "description": "How often (100%)", "default": 5},
        ),
        ('add_argument("-r", "--rate", type=float, default=1)',
         {"id": "rate", "type": "double", "default": 1.0}),
        ('add_argument("-rate")', {"id": "rate", "type": "string", "flag": "-rate"}),
        ('add_argument("-r", required=True)',
         {"id": "r", "type": "string", "flag": "-r", "required": True}),
        ('add_argument("--debug", action="store_true")',
         {"id": "debug", "type": "boolean", "default": False}),
        ('add_argument("--no-upload", action="store_false")',
         {"id": "no-upload", "type": "boolean", "default": True}),
        ('add_argument("--x", action=argparse.BooleanOptionalAction, default=True)',
         {"id": "x", "type": "boolean", "default": True}),
        ('add_argument("--model", type=pathlib.Path, default="m.onnx")',
         {"id": "model", "type": "File", "default": "m.onnx"}),
        ('add_argument("--log", type=argparse.FileType("w"))', {"id": "log", "type": "File"}),
        ('add_argument("--offset", type=int, default=-3)',
         {"id": "offset", "type": "int", "default": -3}),
        ('add_argument("--name", default=None)', {"id": "name", "type": "string"}),
    ],
    ids=[
        "type, default and help",
        "the long form names it, a float may be written as an int",
        "one dash is how it is written",
        "a short form alone",
        "a flag that turns on",
        "a flag that turns off",
        "a flag with both forms",
        "a path",
        "an open file",
        "a negative default",
        "no default",
    ],
)  # fmt: skip
def test_an_argument_becomes_an_input(call: str, found: dict[str, Any]):
    script = read(f"parser.{call}\n")
    assert script.inputs == [found]
    assert script.doubts == []


@pytest.mark.parametrize(
    ("line", "doubt"),
    [
        ('p.add_argument("files", nargs="*")',
         "line 1: argument 'files' is positional; inputs are --name VALUE"),
        ("p.add_argument(NAME)", "line 1: the name of an argument is computed; add it"),
        ('p.add_argument("--t", default=os.getenv("T"))',
         "line 1: the default of 't' is no plain string; add it"),
        ('p.add_argument("--t", type=int, default="many")',
         "line 1: the default of 't' is no plain int; add it"),
        ('p.add_argument("--t", type=lambda x: x)',
         "line 1: type 'computed' was taken for string"),
        ('p.add_argument("--t", type=parse_time)',
         "line 1: type 'parse_time' was taken for string"),
        ('p.add_argument("--é")', "line 1: argument 'é' cannot be an input"),
        ('p.add_argument("--t"); p.add_argument("--t")',
         "line 1: argument 't' stands twice; the first was taken"),
        ('plugin.publish(f"env.{x}", 1)', "line 1: a published name is computed; add it"),
        ('plugin.publish("Bad Name", 1)', "line 1: 'Bad Name' cannot be published on a node"),
        ("from . import helper", "line 1: a relative import works only in a package"),
        ("# /// script\n# dependencies = [\n# ///",
         "the block of script metadata is not TOML"),
    ],
    ids=[
        "a positional argument",
        "a name that is computed",
        "a default that is computed",
        "a default of another type",
        "a type that is an expression",
        "a type that is a function",
        "a name that cannot be an id",
        "an argument twice",
        "a published name that is computed",
        "a published name that is none",
        "a relative import",
        "script metadata that is broken",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_with_its_line(line: str, doubt: str):
    assert read(line).doubts == [doubt]


def test_summary_imports_and_measurements_are_found():
    script = read(
        '"""Counts drops on the lens.  Used by nobody.\n\nMore.\n"""\n'
        "import os, cv2\n"
        "def late():\n"
        "    from waggle.data.vision import Camera\n"
        "    plugin.publish('env.rain.drops', 1)\n"
        "    plugin.publish('env.rain.drops', 2)\n"
        "    plugin.publish('env.rain', 2)\n"
        "parser.add_argument('--version', action='version')\n"
    )
    assert script.summary == "Counts drops on the lens."
    assert script.modules == ["os", "cv2", "waggle.data.vision.Camera"]
    assert sorted(script.published) == ["env.rain", "env.rain.drops"]
    assert (script.inputs, script.doubts) == ([], [])


def test_a_script_that_states_its_needs_is_believed():
    script = read(
        "# /// script\n"
        '# requires-python = ">=3.12"\n'
        '# dependencies = ["numpy==2.1.3", "requests<3"]\n'
        "# ///\n"
        "import numpy\n"
    )
    assert (script.packages, script.python) == (["numpy==2.1.3", "requests<3"], "3.12")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"print 'x'\n", "'main.py' is not Python on line 1: Missing parentheses"),
        (b"\xff\xfe", "'main.py' is not Python"),
        (b"x = '\0'", "'main.py' is not Python"),
        (b"#" * 3_000_000, "'main.py' has 3000000 bytes, which is no script"),
    ],
    ids=["Python 2", "no text", "a null byte", "too large"],
)
def test_what_is_no_script_is_refused(content: bytes, message: str):
    with pytest.raises(UsageError) as raised:
        read_script("main.py", content)
    assert str(raised.value).startswith(message)


@given(st.text(max_size=80))
def test_any_literal_gives_valid_inputs(text: str):
    script = read(f"p.add_argument({('--' + text)!r}, default={text!r}, help={text!r})\n")
    for parts in script.inputs:
        Input.model_validate(parts)


def test_modules_become_packages_and_guesses_are_named():
    modules = ["os.path", "cv2", "PIL.Image", "sklearn", "google.protobuf.text", "waggle.plugin",
               "numpy", "weirdlib", "__future__.annotations", "PIL"]  # fmt: skip
    packages, guesses = list_packages(modules)
    assert sorted(packages) == [
        "numpy",
        "opencv-python-headless",
        "pillow",
        "protobuf",
        "pywaggle",
        "scikit-learn",
        "weirdlib",
    ]
    assert guesses == ["weirdlib"]


def test_the_list_of_packages_is_sorted_and_has_no_module_twice():
    modules = list(load_packages())
    assert modules == sorted(modules, key=str.lower)


def test_a_requirements_file_beside_the_script_pins_them():
    requirements = (
        "# what we need\n-r other.txt\nNumPy==2.1.3  # arrays\n"
        "opencv-python_headless>=4.9 --hash=sha256:abc\nx @ https://example.org/x.whl\n"
    )
    assert pin_packages(["numpy", "opencv-python-headless", "x", "pillow"], requirements) == [
        "NumPy==2.1.3",
        "opencv-python_headless>=4.9",
        "x",
        "pillow",
    ]
