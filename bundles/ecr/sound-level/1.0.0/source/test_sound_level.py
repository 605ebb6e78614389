"""Tests of the program as a whole, on made-up recordings whose levels are known.

The program to test is named by SOUND_LEVEL, which may hold an emulator before it, such as
``qemu-aarch64-static binary/linux-arm64/sound-level``; ``make check`` sets it.
"""

import json
import math
import os
import shlex
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

from make_sample import SAMPLE_RATE_HZ, SECONDS, make_samples, write_wav

HERE = Path(__file__).resolve().parent
PROGRAM = shlex.split(os.environ.get("SOUND_LEVEL", "build/sound-level"))

LEVEL = "env.sound.level.dbfs"
LEVEL_A = "env.sound.level_a.dbfs"
PEAK = "env.sound.peak_frequency.hertz"


def compute_a_weight_db(frequency_hz: float) -> float:
    """A-weighting after IEC 61672-1:2013, equation E.6, written as decibels."""
    f = frequency_hz
    ratio = (
        12194.0**2
        * f**4
        / (
            (f**2 + 20.6**2)
            * math.sqrt((f**2 + 107.7**2) * (f**2 + 737.9**2))
            * (f**2 + 12194.0**2)
        )
    )
    return 20.0 * math.log10(ratio) + 2.0


def add_levels_db(levels_db: list[float]) -> float:
    """Level of several tones together."""
    return 10.0 * math.log10(sum(10.0 ** (level_db / 10.0) for level_db in levels_db))


class ProgramTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_program(self, *arguments, stdin=b"", log_dir=None):
        environment = {k: v for k, v in os.environ.items() if k != "PYWAGGLE_LOG_DIR"}
        if log_dir is not None:
            environment["PYWAGGLE_LOG_DIR"] = str(log_dir)
        return subprocess.run(
            [*PROGRAM, *map(str, arguments)],
            input=stdin,
            env=environment,
            cwd=HERE,
            capture_output=True,
            timeout=60,
            check=False,
        )

    def measure(self, *arguments, stdin=b""):
        result = self.run_program(*arguments, stdin=stdin)
        self.assertEqual(result.returncode, 0, result.stderr)
        return [json.loads(line) for line in result.stdout.splitlines()]

    def values(self, lines, name):
        return [line["value"] for line in lines if line["name"] == name]

    def assert_fails(self, message, *arguments, stdin=b"", status=1):
        result = self.run_program(*arguments, stdin=stdin)
        self.assertEqual(result.returncode, status, result.stderr)
        self.assertIn(message, result.stderr.decode())

    def test_the_sample_has_the_levels_it_was_made_with(self):
        lines = self.measure("--input", "sample.wav")
        for got, tones in zip(self.values(lines, LEVEL), SECONDS, strict=True):
            self.assertAlmostEqual(got, add_levels_db([level for _, level in tones]), delta=0.02)

    def test_the_sample_has_the_weighted_levels_of_the_standard(self):
        lines = self.measure("--input", "sample.wav")
        for got, tones in zip(self.values(lines, LEVEL_A), SECONDS, strict=True):
            weighted = [level + compute_a_weight_db(frequency) for frequency, level in tones]
            self.assertAlmostEqual(got, add_levels_db(weighted), delta=0.1)

    def test_the_sample_has_the_frequencies_it_was_made_with(self):
        lines = self.measure("--input", "sample.wav")
        for got, tones in zip(self.values(lines, PEAK), SECONDS, strict=True):
            loudest_hz = max(tones, key=lambda tone: tone[1])[0]
            self.assertAlmostEqual(got, loudest_hz, delta=0.2)

    def test_lines_are_what_pywaggle_writes(self):
        result = self.run_program("--input", "sample.wav", "--start-time", "2025-06-01T12:00:00.5Z")
        first = result.stdout.decode().splitlines()[0]
        self.assertEqual(
            first,
            '{"meta":{"units":"dBFS"},"name":"env.sound.level.dbfs",'
            '"timestamp":"2025-06-01T12:00:00.500000000","value":-12.00}',
        )

    def test_blocks_follow_each_other_in_time(self):
        lines = self.measure(
            "--input", "sample.wav", "--block-s", "0.25", "--start-time", "2025-12-31T23:59:59Z"
        )
        times = [line["timestamp"] for line in lines if line["name"] == LEVEL]
        self.assertEqual(len(times), 16)
        self.assertEqual(
            times[3:6],
            [
                "2025-12-31T23:59:59.750000000",
                "2026-01-01T00:00:00.000000000",
                "2026-01-01T00:00:00.250000000",
            ],
        )

    def test_the_run_log_is_appended_to_and_its_folder_made(self):
        log_dir = self.folder / "a" / "b"
        for _ in range(2):
            result = self.run_program("--input", "sample.wav", "--count", "1", log_dir=log_dir)
            self.assertEqual((result.returncode, result.stdout), (0, b""), result.stderr)
        lines = (log_dir / "data.ndjson").read_text(encoding="utf-8").splitlines()
        self.assertEqual([json.loads(line)["name"] for line in lines], [LEVEL, LEVEL_A, PEAK] * 2)

    def test_the_sample_can_be_made_again(self):
        path = self.folder / "again.wav"
        write_wav(path, make_samples())
        self.assertEqual(path.read_bytes(), (HERE / "sample.wav").read_bytes())

    def test_standard_input_and_channels_are_read(self):
        # The same sound on both channels is that sound; opposite sounds cancel.
        mono = make_samples()
        same, opposite = self.folder / "same.wav", self.folder / "opposite.wav"
        write_wav(same, [s for sample in mono for s in (sample, sample)], channels=2)
        write_wav(opposite, [s for sample in mono for s in (sample, -sample)], channels=2)
        expected = self.values(self.measure("--input", "sample.wav"), LEVEL)
        self.assertEqual(self.values(self.measure(stdin=same.read_bytes()), LEVEL), expected)
        lines = self.measure(stdin=opposite.read_bytes())
        self.assertEqual(self.values(lines, LEVEL), [-200.0] * 4)
        self.assertEqual(self.values(lines, PEAK), [])

    def test_a_full_scale_sine_is_zero_and_a_square_wave_three_decibels(self):
        sine = [round(32767 * math.sin(2 * math.pi * 0.05 * n)) for n in range(SAMPLE_RATE_HZ)]
        square = [32767 if n % 20 < 10 else -32768 for n in range(SAMPLE_RATE_HZ)]
        for samples, expected in [(sine, 0.0), (square, 3.01)]:
            path = self.folder / "a.wav"
            write_wav(path, samples)
            self.assertEqual(self.values(self.measure("--input", path), LEVEL), [expected])

    def test_a_last_block_counts_from_half_its_length(self):
        for frames, blocks in [(12001, 2), (11999, 1), (4000, 1)]:
            path = self.folder / "a.wav"
            write_wav(path, make_samples()[:frames])
            with self.subTest(frames=frames):
                self.assertEqual(len(self.values(self.measure("--input", path), LEVEL)), blocks)

    def test_low_rumble_can_be_left_out_of_the_peak(self):
        lines = self.measure("--input", "sample.wav", "--lowest-hz", "150")
        self.assertAlmostEqual(self.values(lines, PEAK)[0], 440.0, delta=0.2)
        self.assertGreaterEqual(self.values(lines, PEAK)[2], 150.0)

    def test_other_chunks_are_skipped_and_odd_ones_padded(self):
        data = (HERE / "sample.wav").read_bytes()
        extra = b"LIST" + struct.pack("<I", 3) + b"abc\0"
        self.assertEqual(
            self.values(self.measure(stdin=data[:12] + extra + data[12:]), LEVEL),
            self.values(self.measure(stdin=data), LEVEL),
        )

    def test_the_extensible_format_is_read(self):
        data = (HERE / "sample.wav").read_bytes()
        pcm = bytes.fromhex("0100000000001000800000aa00389b71")
        fmt = struct.pack("<HHIIHHHHI", 0xFFFE, 1, 8000, 16000, 2, 16, 22, 16, 4) + pcm
        extensible = data[:12] + b"fmt " + struct.pack("<I", 40) + fmt + data[36:]
        self.assertEqual(len(self.values(self.measure(stdin=extensible), LEVEL)), 4)
        self.assert_fails("is not PCM", stdin=extensible.replace(pcm, b"\x03" + pcm[1:-1] + b"!"))

    def test_a_recorder_that_did_not_write_its_size_is_read_to_the_end(self):
        data = (HERE / "sample.wav").read_bytes()
        for size in (0, 0xFFFFFFFF):
            endless = data[:40] + struct.pack("<I", size) + data[44:]
            self.assertEqual(len(self.values(self.measure(stdin=endless), LEVEL)), 4)

    def test_a_file_that_is_cut_off_gives_what_it_has_and_fails(self):
        result = self.run_program(stdin=(HERE / "sample.wav").read_bytes()[:-20000])
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stdout.count(LEVEL.encode()), 3)
        self.assertIn(b"shorter than its header says", result.stderr)

    def test_what_is_no_recording_is_refused(self):
        data = (HERE / "sample.wav").read_bytes()
        for message, stdin in [
            ("this is not a WAV file", b""),
            ("this is not a WAV file", b"OggS" + data[4:]),
            ("there is no data chunk", data[:36]),
            ("the file ends inside a chunk", data[:30]),
            ("the samples are not 16-bit PCM", data[:34] + b"\x18" + data[35:]),
            ("the samples are not 16-bit PCM", data[:20] + b"\x03" + data[21:]),
            ("the number of channels is not 1 to 64", data[:22] + b"\0" + data[23:]),
            ("the block size does not fit the channels", data[:32] + b"\x04" + data[33:]),
            ("the sample rate is not 100 Hz to 1 MHz", data[:24] + bytes(4) + data[28:]),
            ("the data chunk comes before the fmt chunk", data[:12] + data[36:]),
            ("shorter than half a block", data[:40] + struct.pack("<I", 100) + data[44:144]),
        ]:
            with self.subTest(message):
                self.assert_fails(message, stdin=stdin)

    def test_damaged_headers_never_crash_it(self):
        data = (HERE / "sample.wav").read_bytes()
        for position in range(44):
            for value in (0x00, 0x7F, 0xFF):
                damaged = data[:position] + bytes([value]) + data[position + 1 : 8044]
                status = self.run_program(stdin=damaged).returncode
                with self.subTest(position=position, value=value):
                    self.assertIn(status, (0, 1))

    def test_a_missing_file_is_named(self):
        self.assert_fails("/nowhere.wav: No such file", "--input", "/nowhere.wav")

    def test_a_bad_command_line_is_explained(self):
        for message, arguments in [
            ("--loud: there is no such option", ("--loud", "1")),
            ("--input: needs a value", ("--input",)),
            ("--block-s: cannot be '0'", ("--block-s", "0")),
            ("--block-s: cannot be 'nan'", ("--block-s", "nan")),
            ("--count: cannot be '-1'", ("--count", "-1")),
            ("--start-time: cannot be 'noon'", ("--start-time", "noon")),
        ]:
            with self.subTest(message):
                self.assert_fails(message, *arguments, status=2)

    def test_help_says_how_to_use_it(self):
        result = self.run_program("--help")
        self.assertEqual(result.returncode, 0)
        self.assertTrue(result.stdout.startswith(b"usage: sound-level"))


if __name__ == "__main__":
    unittest.main()
