"""What a release says against itself and against its files."""

# ruff: noqa: E501 - messages are asserted in full

from hashlib import sha256

import pytest

from tests.unit.catalog.sample import CHECKSUM, COMMIT, RELEASE_PATH, SampleCatalog

GIT = f"git: https://example.org/a.git\n    commit: {COMMIT}"
LOCAL = "source:\n    path: source"
MODEL = b"weights\n"


def script(more: str) -> str:
    return f"code:\n  kind: script\n  source:\n    {GIT}\n  entrypoint: main.py\n  {more}"


def data(more: str, url: str = "url: https://example.org/x") -> str:
    return (
        f"data:\n  - name: weights\n    role: model\n    {url}\n    sha256: {CHECKSUM}\n"
        f"    size_bytes: 8\n    license: MIT\n    origin: Trained.\n    {more}"
    )


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        (
            "platforms: [linux/amd64, linux/amd64]",
            ["E301 platforms[1]: 'linux/amd64' stands twice in platforms"],
        ),
        (
            "keywords: [Clouds, sky, clouds]",
            ["E301 keywords[2]: 'clouds' stands twice in keywords"],
        ),
        (
            "inputs: [{id: a, type: int}, {id: a, type: long}]",
            ["E301 inputs[1].id: 'a' stands twice in inputs"],
        ),
        (
            "tests: [{name: a}, {name: a}, {name: a}]",
            [
                "E301 tests[1].name: 'a' stands twice in tests",
                "E301 tests[2].name: 'a' stands twice in tests",
            ],
        ),
        (
            "profiling: {data: [weights, pictures]}",
            ["E303 profiling.data[1]: there is no data named 'pictures'"],
        ),
        (
            script("pip: ['numpy==2.1.3', 'torch[opt]==2.4.0; python_version >= \"3.11\"']"),
            [],
        ),
        (
            script("pip: ['-r evil.txt', 'a @ http://example.org/a.whl', 'numpy 2']"),
            [
                "E311 code.pip[0]: '-r evil.txt' is not a requirement pip is given here",
                (
                    "E311 code.pip[1]: 'a @ http://example.org/a.whl' is not a requirement pip is "
                    "given here"
                ),
                "E311 code.pip[2]: 'numpy 2' is not a requirement pip is given here",
            ],
        ),
        (
            script("pip: [numpy, 'scipy>=1.10,<2', 'pandas==2.*']"),
            [
                "W324 code.pip[0]: 'numpy' does not say which version",
                "W324 code.pip[1]: 'scipy>=1.10,<2' does not say which version",
                "W324 code.pip[2]: 'pandas==2.*' does not say which version",
            ],
        ),
        (
            (
                f"code:\n  kind: container\n  source:\n    {GIT}\n"
                "  build_args: {MODEL: unet, my-arg: x, GITHUB_TOKEN: x}"
            ),
            [
                "E312 code.build_args.my-arg: 'my-arg' is not the name of a build argument",
                (
                    "W325 code.build_args.GITHUB_TOKEN: build argument 'GITHUB_TOKEN' looks like a "
                    "secret"
                ),
            ],
        ),
        (
            "inputs: [{id: a, type: int, default: 1, required: true}]",
            ["W326 inputs[0].required: input 'a' is required and has a default"],
        ),
        (
            "tests: [{name: a, expect: {measurements: [env.rain]}}]",
            [
                (
                    "W323 tests[0].expect.measurements[0]: 'env.rain' is not among the measurements "
                    "under 'publishes'"
                )
            ],
        ),
        (
            "license: NOASSERTION",
            ["W321 license: the code has no stated licence"],
        ),
        (
            "metadata: {firmware: 1.10, list: [{build: 007}], plain: 1.5, text: '1.10'}",
            [
                "W322 metadata.firmware: 1.10 is read as the number 1.1",
                "W322 metadata.list[0].build: 007 is read as the number 7.0",
            ],
        ),
        (
            "needs: {gpu: {capabilities: [cuda102, cuda-11]}}",
            [
                (
                    "W327 needs.gpu.capabilities[1]: no hardware of the registry has the capability "
                    "'cuda-11'"
                )
            ],
        ),
        (data("mount: /models/unet.pth"), []),
        (
            data("mount: /models/../etc/passwd"),
            ["E309 data[0].mount: '/models/../etc/passwd' is not a plain absolute path"],
        ),
        (
            data("mount: /etc/passwd"),
            ["E309 data[0].mount: '/etc/passwd' is in a directory of the system"],
        ),
        (
            data("mount: /models\n")
            + data("mount: /models/b").removeprefix("data:\n").replace("weights", "other", 1),
            ["E309 data[1].mount: '/models/b' and '/models' of data[0] are in each other's way"],
        ),
        (
            data("", "path: status.yaml"),
            ["E310 data[0].path: data cannot be in 'status.yaml', which belongs to the pipeline"],
        ),
        (
            data("", "path: data/model.bin"),
            ["E207 data[0].path: the file 'data/model.bin' is not there"],
        ),
        (
            "code:\n  kind: script\n  source: {path: .}\n  entrypoint: main.py",
            ["E310 code.source.path: the code cannot be in '.', which belongs to the pipeline"],
        ),
        (
            f"code:\n  kind: script\n  {LOCAL}\n  entrypoint: main.py",
            ["E207 code.source.path: there is no file in 'source'"],
        ),
        (
            "namespace: waggle\nname: clouds\nversion: 1.2.1",
            [
                "E201 namespace: namespace 'waggle' is not the directory's name 'sage'",
                "E201 name: name 'clouds' is not the directory's name 'cloud-cover'",
                "E201 version: version '1.2.1' is not the directory's name '1.2.0'",
            ],
        ),
    ],
)
def test_rule(sample: SampleCatalog, snippet: str, expected: list[str]):
    sample.overlay("release.yaml", snippet)
    assert [line.split(" ", 1)[1] for line in sample.show()] == expected


@pytest.mark.parametrize(
    ("code", "files", "expected"),
    [
        (
            f"code:\n  kind: script\n  {LOCAL}\n  entrypoint: app/main.py\n  requirements: r.txt",
            ["source/app/main.py"],
            ["E207 code.requirements: the requirements 'r.txt' is not in 'source'"],
        ),
        (
            f"code:\n  kind: script\n  {LOCAL}\n  entrypoint: Main.py",
            ["source/main.py"],
            ["E207 code.entrypoint: the entrypoint 'Main.py' is not in 'source'"],
        ),
        (
            f"code:\n  kind: container\n  {LOCAL}",
            ["source/main.py"],
            ["E207 code.source.path: the dockerfile 'Dockerfile' is not in 'source'"],
        ),
        (f"code:\n  kind: container\n  {LOCAL}", ["source/Dockerfile"], []),
        (
            f"code:\n  kind: script\n  {LOCAL}\n  entrypoint: main.py",
            ["source/main.py", "sourc/other.py", "notes.txt"],
            [
                "W221: nothing in release.yaml refers to this file",
                "W221: nothing in release.yaml refers to this file",
            ],
        ),
    ],
    ids=[
        "requirements that are not there",
        "an entry point in another case",
        "no Dockerfile",
        "all is there",
        "files nothing refers to",
    ],
)
def test_code_that_lives_in_the_catalog(
    sample: SampleCatalog, code: str, files: list[str], expected: list[str]
):
    sample.overlay("release.yaml", code)
    for name in files:
        sample.write(f"{RELEASE_PATH}/{name}", "x\n")
    assert [line.split(" ", 1)[1] for line in sample.show()] == expected


def binary(platforms: str, **files: tuple[str, int]) -> str:
    listed = "".join(
        f"    linux/{name}: {{path: {name}, sha256: {checksum}, size_bytes: {size}}}\n"
        for name, (checksum, size) in files.items()
    )
    return f"platforms: [{platforms}]\ncode:\n  kind: binary\n  {LOCAL}\n  files:\n{listed}"


def test_binary_files_are_for_exactly_the_platforms(sample: SampleCatalog):
    checksum = sha256(MODEL).hexdigest()
    sample.write(f"{RELEASE_PATH}/source/amd64", MODEL)
    sample.write(f"{RELEASE_PATH}/source/arm64", MODEL)
    sample.overlay("release.yaml", binary("linux/amd64", amd64=(checksum, 8)))
    assert sample.show() == []
    both = binary("linux/amd64, linux/arm/v7", amd64=(checksum, 8), arm64=(checksum, 8))
    sample.overlay("release.yaml", both)
    assert [line.split(" ", 1)[1] for line in sample.show()] == [
        "E302 platforms[1]: there is no file for 'linux/arm/v7'",
        (
            "E302 code.files.linux/arm64: there is a file for 'linux/arm64', which is not among the "
            "platforms"
        ),
    ]


@pytest.mark.parametrize(
    ("checksum", "size", "expected"),
    [
        (sha256(MODEL).hexdigest(), 8, []),
        (sha256(MODEL).hexdigest(), 9, ["E209 data[0].size_bytes: 'data/m' has 8 bytes, not 9"]),
        (
            CHECKSUM,
            8,
            [f"E209 data[0].sha256: 'data/m' has another checksum: {sha256(MODEL).hexdigest()}"],
        ),
    ],
    ids=["as stated", "another size", "another checksum"],
)
def test_a_stored_file_is_what_the_manifest_states(
    sample: SampleCatalog, checksum: str, size: int, expected: list[str]
):
    sample.write(f"{RELEASE_PATH}/data/m", MODEL)
    snippet = data("", "path: data/m").replace(CHECKSUM, checksum)
    sample.overlay("release.yaml", snippet.replace("size_bytes: 8", f"size_bytes: {size}"))
    assert [line.split(" ", 1)[1] for line in sample.show()] == expected


def test_a_release_with_errors_is_left_out_and_its_bundle_kept(sample: SampleCatalog):
    from ecr.catalog.catalog import load_catalog

    text = (sample.root / RELEASE_PATH / "release.yaml").read_text()
    newer = "bundles/sage/cloud-cover/1.3.0"
    sample.write(f"{newer}/release.yaml", text.replace("1.2.0", "1.3.0").replace("MIT", "x"))
    sample.write(f"{newer}/status.yaml", "schema_version: 1\nadded: 2026-02-01\n")
    assert [str(entry.id) for entry in load_catalog(sample.root).bundles[0].releases] == [
        "sage/cloud-cover:1.3.0",
        "sage/cloud-cover:1.2.0",
    ]
    sample.write(f"{newer}/release.yaml", text)
    (bundle,) = load_catalog(sample.root).bundles
    assert [str(entry.id) for entry in bundle.releases] == ["sage/cloud-cover:1.2.0"]
