"""What is made of a program's output, messages and files, without running one."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr.model.release import Expectation
from ecr.model.trial import PublishedMeasurement, TrialLimits, UploadedFile
from ecr.stages.trial.output import OutputLog
from ecr.stages.trial.published import list_uploads, read_messages
from ecr.stages.trial.texts import clean
from ecr.stages.trial.verdict import list_problems
from ecr.tools.buildah_container import _Tail
from ecr.tools.containers import LeftFile, RunOutcome

MESSAGES = "log/data.ndjson"


class TestTexts:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("plain\ttext ", "plain text"),
            ("\x1b[1;31mred\x1b[0m", "red"),
            ("a\x07b\x00c", "a\\x07b\\x00c"),
            ("\u202etxt.exe", "\\u202etxt.exe"),
            ("x" * 400, "x" * 299 + "…"),
        ],
        ids=["space", "colours", "controls", "direction", "length"],
    )
    def test_a_line_is_made_fit_to_be_shown(self, text, shown):
        assert clean(text) == shown

    @given(st.text())
    def test_whatever_comes_can_be_recorded(self, text):
        shown = clean(text)
        record = PublishedMeasurement(name=shown, count=1, first=shown, last=shown)
        assert record.name == shown
        assert shown.isprintable()


class TestOutput:
    @given(st.lists(st.integers(min_value=1, max_value=7)))
    def test_a_text_is_found_however_it_is_cut(self, cuts):
        content = "before ümläut needle after".encode()
        log = io.BytesIO()
        output = OutputLog(log, ["ümläut needle", "absent"])
        start = 0
        for cut in cuts:
            output.add(content[start : start + cut])
            start += cut
        output.add(content[start:])
        output.close()
        assert output.missing == ("absent",)
        assert log.getvalue() == content
        assert output.list_last_lines() == ("before ümläut needle after",)

    def test_a_run_without_output(self):
        output = OutputLog(io.BytesIO(), [])
        output.close()
        assert (output.size_bytes, output.list_last_lines(), output.missing) == (0, (), ())

    def test_only_the_last_lines_are_recorded(self):
        output = OutputLog(io.BytesIO(), [])
        output.add("".join(f"line {number}\n" for number in range(100)).encode())
        assert output.list_last_lines() == tuple(f"line {number}" for number in range(80, 100))


class TestMessages:
    @pytest.mark.parametrize(
        "line",
        [
            b"garbage",
            b"[1, 2]",
            b'{"name":"a"}',
            b'{"name":"a","value":null}',
            b'{"name":"a","value":[1]}',
            b'{"name":"","value":1}',
            b'{"name":"A b","value":1}',
            b'{"name":"' + b"a" * 129 + b'","value":1}',
            b'{"name":"a","value":1' + b"0" * 400 + b"}",
            b'{"name":"a","value":1' + b"0" * 5000 + b"}",
            b"[" * 60_000,
            b'{"name":"a","value":"' + b"x" * 70_000 + b'"}',
            b"\xff\xfe",
        ],
        ids=[
            "no JSON", "a list", "no value", "nothing", "a list as value", "no name",
            "a name no node takes", "a name that is too long", "a number that is too great",
            "a number of too many digits", "too deep", "a line that is too long", "no UTF-8",
        ],
    )  # fmt: skip
    def test_a_line_that_is_no_message_is_counted(self, line):
        content = b'{"name":"a","value":1}\n' + line + b'\n\n{"name":"a","value":2}\n'
        published = read_messages([LeftFile(MESSAGES, len(content), content)])
        assert published.malformed == 1
        assert published.measurements == (
            PublishedMeasurement(name="a", count=2, first=1, last=2, minimum=1, maximum=2),
        )

    def test_a_file_that_was_cut_ends_with_a_whole_line(self):
        content = b'{"name":"a","value":1}\n{"name":"a","va'
        published = read_messages([LeftFile(MESSAGES, 1000, content)])
        assert published.malformed == 0
        assert published.names == {"a"}

    def test_texts_and_numbers_under_one_name(self):
        content = b'{"name":"a","value":"off"}\n{"name":"a","value":3}\n{"name":"a","value":true}'
        published = read_messages([LeftFile(MESSAGES, len(content), content)])
        assert published.measurements == (
            PublishedMeasurement(name="a", count=3, first="off", last=1, minimum=1, maximum=3),
        )

    def test_no_messages_at_all(self):
        assert read_messages([]).measurements == ()


class TestUploads:
    def test_the_copy_in_the_log_is_not_counted_again(self):
        meta = b'{"labels":{"filename":"sky.jpg"}}'
        files = [
            LeftFile("log/uploads/17-sky.jpg", 5),
            LeftFile("log/uploads/18-only-logged.jpg", 6),
            LeftFile("uploads/17-ab/data", 5),
            LeftFile("uploads/17-ab/meta", len(meta), meta),
            LeftFile("uploads/19-cd/data", 7),
            LeftFile("uploads/19-cd/meta", 1, b"["),
            LeftFile("uploads/plain\x1b.bin", 8),
        ]
        assert list_uploads(files) == (
            (
                UploadedFile(name="19-cd/data", size_bytes=7),
                UploadedFile(name="only-logged.jpg", size_bytes=6),
                UploadedFile(name="plain\\x1b.bin", size_bytes=8),
                UploadedFile(name="sky.jpg", size_bytes=5),
            ),
            0,
        )


class TestVerdict:
    _LIMITS = TrialLimits(time_s=5, memory_bytes=64 << 20, network=False)

    @pytest.mark.parametrize(
        ("outcome", "problems"),
        [
            (RunOutcome(0, False, False, 1), []),
            (
                RunOutcome(None, False, False, 0, "no such\nfile"),
                ["it could not be started: no such\\nfile"],
            ),
            (RunOutcome(None, True, False, 5), ["it did not end within 5 s"]),
            (
                RunOutcome(137, False, True, 1),
                [
                    "it used more memory than it may: 64 MiB",
                    "exit status 137 (SIGKILL) instead of 0",
                ],
            ),
            (RunOutcome(0, False, True, 1), ["it used more memory than it may: 64 MiB"]),
            (RunOutcome(255, False, False, 1), ["exit status 255 instead of 0"]),
        ],
        ids=[
            "as expected",
            "not started",
            "too slow",
            "too big",
            "a part of it too big",
            "no signal",
        ],
    )
    def test_the_cause_comes_first(self, outcome, problems):
        expected = Expectation()
        found = list_problems(expected, outcome, self._LIMITS, published=(), missing_texts=())
        assert list(found) == problems


class TestTheEndOfBuildahsOutput:
    """Buildah adds lines of its own to the output of a program that fails."""

    @pytest.mark.parametrize(
        ("added", "outcome"),
        [
            (b"", None),
            ((b"subprocess exited with status 3\nsubprocess exited with status 3\n"
             b"Error: exit status 3\n"), (None, None)),
            ((b"subprocess exited on killed\nsubprocess exited with status 1\n"
             b"Error: while running runtime: exit status 1\n"), (9, None)),
            ((b"subprocess exited on segmentation fault (core dumped)\n"
             b"subprocess exited with status 1\nError: exit status 1\n"), (11, None)),
            ((b'process failed to start with error: exec: "x": not found'
             b"process exited with error: exec: not startedsubprocess exited with status 1\n"
             b"Error: exit status 1\n"), (None, 'exec: "x": not found')),
        ],
        ids=["nothing", "a status", "killed", "a crash with a core", "not started"],
    )  # fmt: skip
    @pytest.mark.parametrize("size", [0, 10, 20_000], ids=["no output", "little", "much"])
    def test_it_is_told_from_what_the_program_printed(self, added, outcome, size):
        seen: list[bytes] = []
        tail = _Tail(seen.append)
        content = b"x" * size + b"\n" + added
        for start in range(0, len(content), 700):
            tail.add(content[start : start + 700])
        closing = tail.close()
        found = None if closing is None else (closing.signal, closing.start_error)
        assert found == outcome
        assert b"".join(seen) == b"x" * size + b"\n"
