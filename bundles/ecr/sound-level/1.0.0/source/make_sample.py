"""Make sample.wav: four seconds of tones, 8 kHz, mono, 16-bit; the same bytes every time.

Run as ``python3 make_sample.py FILE``. Each second holds other tones, given as frequency in hertz
and level in decibels relative to a full-scale sine.
"""

import math
import struct
import sys
import wave
from pathlib import Path

SAMPLE_RATE_HZ = 8000
SECONDS = (
    ((440.0, -12.0),),
    ((1000.0, -20.0),),
    ((100.0, -20.0),),
    ((250.0, -30.0), (2500.0, -18.0)),
)


def make_samples() -> list[int]:
    """Compute the samples: sums of sines, rounded to 16 bits."""
    samples = []
    for number, tones in enumerate(SECONDS):
        for i in range(SAMPLE_RATE_HZ):
            time_s = number + i / SAMPLE_RATE_HZ
            value = sum(
                10.0 ** (level_dbfs / 20.0) * math.sin(2.0 * math.pi * frequency_hz * time_s)
                for frequency_hz, level_dbfs in tones
            )
            samples.append(round(32767.0 * value))
    return samples


def write_wav(path: Path, samples: list[int], channels: int = 1) -> None:
    """Write interleaved samples as a WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))


if __name__ == "__main__":
    write_wav(Path(sys.argv[1]), make_samples())
