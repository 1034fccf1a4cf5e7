"""Which text a real plate is labelled with."""

from __future__ import annotations

import pytest

from training.reader import labels


@pytest.mark.parametrize(
    ("said", "text"),
    [("ab-123 c", "AB123C"), ("MÜ 12", "MU12"), ("B0 123", "BO123"), ("AB l2", "ABL2")],
)
def test_a_text_is_cleaned_of_what_plates_do_not_say(said: str, text: str) -> None:
    assert labels.clean(said) == text


def test_a_british_plate_has_two_digits_in_the_middle() -> None:
    assert labels.clean("ABOI CDE") == "AB01CDE"


@pytest.mark.parametrize(
    ("one", "other", "edits"), [("AB12", "AB12", 0), ("ABO1", "AB0I", 0), ("AB12", "B13", 2)]
)
def test_distance_is_in_edits_after_folding(one: str, other: str, edits: int) -> None:
    assert labels.distance(one, other) == edits


def test_two_readings_that_agree_are_believed() -> None:
    assert labels.vote({"wide": ("AB 123", 0.9), "close": ("AB-123", 0.5)}) == ("AB123", "")


@pytest.mark.parametrize(
    "reads",
    [
        {"wide": ("AB123", 0.9), "close": ("AB128", 0.9)},
        {"wide": ("AB123", 0.6), "close": ("AB123", 0.6)},
        {"wide": ("TOYOTA", 0.9), "close": ("TOYOTA", 0.9)},
    ],
)
def test_readings_that_differ_or_doubt_or_are_words_are_not_believed(
    reads: dict[str, tuple[str, float]],
) -> None:
    assert labels.vote(reads) is None


def test_our_reader_confirms_what_one_reading_says() -> None:
    assert labels.confirmed({"wide": ("AB123", 0.6)}, ("AB123", ""), 0.4) == ("AB123", "")
    assert labels.confirmed({"wide": ("AB123", 0.6)}, ("XY999", ""), 0.9) is None


def test_the_data_sets_own_text_goes_before_the_teachers() -> None:
    row = {"file": "none.jpg", "box": [0, 0, 9, 9], "text": "沪JS6999", "reads": {}}
    assert labels.label(row, None) == ("JS6999", "")


def test_what_a_person_read_goes_before_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labels, "read_by_eye", lambda _: "AB|123")
    row = {"file": "none.jpg", "box": [0, 0, 9, 9], "text": "OTHER1", "reads": {}}
    assert labels.label(row, None) == ("AB", "123")


def test_a_few_digits_on_a_tall_plate_are_half_of_it() -> None:
    assert labels.halved(("1234", ""), 1.5)
    assert not labels.halved(("1234", ""), 4.5)
    assert not labels.halved(("AB", "1234"), 1.5)
