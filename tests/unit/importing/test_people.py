"""People out of strings, as today's apps write them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr.model.fields import Person
from ecr.stages.importing.people import parse_people

Parts = dict[str, str]


@pytest.mark.parametrize(
    ("text", "people"),
    [
        (
            "Seongha Park <seongha.park@anl.gov>",
            [{"name": "Seongha Park", "email": "seongha.park@anl.gov"}],
        ),
        (
            "Alex Shen <a@u.edu> and Seongha Park <s@anl.gov>",
            [
                {"name": "Alex Shen", "email": "a@u.edu"},
                {"name": "Seongha Park", "email": "s@anl.gov"},
            ],
        ),
        (
            "Bhupendra Raut <braut@anl.gov>, Sujan Pal (spal@anl.gov)",
            [
                {"name": "Bhupendra Raut", "email": "braut@anl.gov"},
                {"name": "Sujan Pal", "email": "spal@anl.gov"},
            ],
        ),
        (
            "Michael Cortez; Om Patel; Fatima Mora Garcia;",
            [{"name": "Michael Cortez"}, {"name": "Om Patel"}, {"name": "Fatima Mora Garcia"}],
        ),
        (
            "Bobby Jackson, Max Grover, and Raj Sankaran",
            [{"name": "Bobby Jackson"}, {"name": "Max Grover"}, {"name": "Raj Sankaran"}],
        ),
        ("Waggle Team <https://wa8.gl>", [{"name": "Waggle Team", "url": "https://wa8.gl"}]),
        (
            "Laboratory for Advanced Visualization and Applications, Argonne National Laboratory",
            [
                {"name": "Laboratory for Advanced Visualization and Applications"},
                {"name": "Argonne National Laboratory"},
            ],
        ),
        (
            "Josiah Carberry <https://orcid.org/0000-0002-1825-0097>",
            [{"name": "Josiah Carberry", "orcid": "0000-0002-1825-0097"}],
        ),
        ("Kyle, kyle@example.edu", [{"name": "Kyle", "email": "kyle@example.edu"}]),
        ("Joe O'Brien", [{"name": "Joe O'Brien"}]),
        ("", []),
        (" ; , ", []),
    ],
    ids=[
        "name and address",
        "two joined by and",
        "an address in round brackets",
        "semicolons, one too many",
        "commas and a last and",
        "a team with its page",
        "organisations keep their and",
        "an ORCID",
        "an address that follows its name",
        "an apostrophe",
        "nothing",
        "separators only",
    ],
)
def test_people_are_taken_apart_without_a_doubt(text: str, people: list[Parts]):
    found = parse_people(text)
    assert found.people == people
    assert found.doubts == []


@pytest.mark.parametrize(
    ("text", "people", "doubts"),
    [
        (
            "Delia Velasco <deliaimse-cnm.csic.es>",
            [{"name": "Delia Velasco"}],
            [("I030", "'deliaimse-cnm.csic.es' is neither an e-mail address nor a URL")],
        ),
        (
            "Dario Dematties (original plugin)",
            [{"name": "Dario Dematties", "affiliation": "original plugin"}],
            [("I030", "'original plugin' in brackets was taken for an affiliation")],
        ),
        (
            "Raj Sankaran*",
            [{"name": "Raj Sankaran"}],
            [("I030", "marks around 'Raj Sankaran' were left out of 'Raj Sankaran*'")],
        ),
        (
            "Your Name <your.email@somewhere.org>, A Coworker <your.coworker@somewhere.org>",
            [],
            [
                ("I015", "'Your Name <your.email@somewhere.org>' is text of a template"),
                ("I015", "'A Coworker <your.coworker@somewhere.org>' is text of a template"),
            ],
        ),
        (
            "Team <http://wa8.gl>",
            [{"name": "Team", "url": "https://wa8.gl"}],
            [("I040", "'http://wa8.gl' was written as 'https://wa8.gl'")],
        ),
        (
            "ada@example.edu",
            [{"name": "ada", "email": "ada@example.edu"}],
            [("I030", "'ada@example.edu' came without a name")],
        ),
        (
            "Ada <a@b.org> <c@d.org>",
            [{"name": "Ada", "email": "a@b.org"}],
            [("I030", "a second email, 'c@d.org', was left out")],
        ),
    ],
    ids=[
        "an address without @",
        "words in brackets",
        "a footnote mark",
        "text of the template",
        "an http page",
        "an address without a name",
        "two addresses",
    ],
)
def test_what_is_uncertain_is_said(text: str, people: list[Parts], doubts: list[tuple[str, str]]):
    found = parse_people(text)
    assert found.people == people
    assert found.doubts == doubts


@given(st.text(st.sampled_from("ab Z,;<>()[]@.:/*and\n"), max_size=60) | st.text(max_size=60))
def test_any_text_gives_valid_people(text: str):
    cleaned = "".join(character for character in text if character.isprintable())
    for parts in parse_people(cleaned).people:
        parts_of_a_person: dict[str, Any] = parts
        Person.model_validate(parts_of_a_person)
