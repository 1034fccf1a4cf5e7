"""What plates say.

In a pattern A is a letter, 9 a digit, X either; the rest stands for what separates groups: space a
gap, - a dash, . a dot, * a sticker or seal, # a foreign sign, | the second line.
"""

from __future__ import annotations

import random

from training.alphabet import ALPHABET, DIGITS, LETTERS

EU = (
    "A*AA 999,A*AA 9999,AA*A 999,AA*AA 999,AA*AA 9999,AAA*A 99,AAA*AA 999,A-AA 9999,AA-A 999,"
    "AA-999-AA,AA 999 AA,"
    "AA 999AA,9999 AAA,9999AAA,A 99 AAA,AA 99 AAA,A 999 AAA,AA99 AAA,AA99AAA,9-AAA-999,AAA 999,"
    "AA 99999,AAA 9999,"
    "AA 9999A,AAA 99AA,AA-999AA,AA 999AA,9A9 9999,9AA 9999,AAA-999,AAA*999,AA*999-AA,AA 999-AA,"
    "AA*9999-AA,"
    "AA-99-AA,99-AA-99,9-AAA-99,99-AAA-9,AA-999-A,AA 9999,AA 999 A,AA 99 999,999 AAA,99-A-9999,"
    "999-A-9999,A9 AAA,"
    "A999 AAA,AA-9999,AA 9999 AA,A 999 AA 99,A 999 AA 999,AA 99 99 AA,AA*99*AA,AA*999*AA,"
    "A*999*AA,AAA9999,A*9999,A999AA^99,A 999 AA ^99,A999AA^999,A 999 AA ^999"
)
US = (
    "AAA 9999,AAA-9999,9AAA999,9AAA999,9AAA999,9AAA999,9AAA999,AAA999,AAA 999,AAA*999,"
    "AAA*9999,999 AAA,999-AAA,999*AAA,"
    "AA9 A9A,AA9*A9A,"
    "AA9A9A,AA 99999,AA*99999,9A99999,A99 9AA,A999999,999999,999 999,A9999,AAAA 999,AAA A99,"
    "A99 AAA,99A 999,"
    "9999 AA,99 9999,9-9999,9A 99999,99-99999,AAA 99A,9AA A99,AA 9999,AAA9999,A9A 9A9,999A999,"
    "AA-9999,A 99999,"
    "9A9999,AA99999,AAAA99,AAAA9,AAAAAAA,AAAAAA,AAAAA,XXXXXX,XXXXXXX,A99*AAA,9999999,99999,"
    "AAA*99A,A 9999 A"
)
BR = "AAA-9999,AAA-9999,AAA-9999,AAA-9999,AAA 9999,AAA.9999,AAA*9999"
MERCOSUL = "AAA9A99,AAA 9A99,AAA9A99,AA 999 AA,AA 999AA,AAAA 999"
OTHER = (
    "AAA-999,AAA 999,AA-9999,AAA-9999,A-9999,AA-999,AAA*999,A 99999,99999,999999,9999,99 A 9999,"
    "AA 99 AA 9999,"
    "AA99AA9999,AA 99 A 9999,AA99A9999,AA 99 9999,A*99999,A AAAAA,9 99999,AA*9999,AAA 999A,"
    "99-999-99,999-99-999,"
    "99A-99999,99A-999.99,A 9999 AA,AA 999 AAA,AAA 99 99,AA 9 AAA,A999AA,AAA 999 A,AA*9999A,"
    "A*9XXXX,A*X9999,AAA999A,"
    "#A*99999,#A.XXXXX,#A XXXXX,#A*AA999,#A*XXXXX,##999 # 99-99,#99 999 ##,999 ##,"
    "# 9999 99,99999 ##,##9999"
)
TWO_LINES = (
    "AAA|9999,AAA|999,AA|9999,AAA-99|9999,99-A9|9999,99-A9|999.99,99A-|99999,99-AA|999.99,"
    "AA 9|AA 999,AA*A|999,"
    "A*AA|9999,AAA*A|99,AA99|AAA,AA|999AA,AAA|99,A|9999,AA 99|A 9999,AA 99 A|9999,AA-99|9999,"
    "AAA|9A99,99|AAA,99 AA|9999,"
    "9999|AA,999|AAA,AA|99-99,AA9|999,A999|AA,AAA-|9999,AA 99|AA 9999,99-AA|9999,AAA|999A,"
    "9999|AAA,AA|99999,A 99|AAA,AAA|9-99,AAA-^99|9999,AAA ^99|9999,AAA^-99|999,"
    "AAA ^99|999,AA ^99|9999,A 999|AA ^99,A999|AA^99,A|AA 999A,A|AA 9999"
)


def _split(patterns: str) -> tuple[str, ...]:
    return tuple(patterns.split(","))


PATTERNS = {
    "eu": _split(EU),
    "us": _split(US),
    "br": _split(BR),
    "mercosul": _split(MERCOSUL),
    "other": _split(OTHER),
    "two_lines": _split(TWO_LINES),
}


def fill(rng: random.Random, pattern: str) -> str:
    """Letters and digits drawn for a pattern; separators stay."""
    kinds = {"A": LETTERS, "9": DIGITS, "X": ALPHABET}
    return "".join(rng.choice(kinds[c]) if c in kinds else c for c in pattern)


def anything(rng: random.Random) -> str:
    """Any characters in any order, to learn shapes rather than one country's grammar."""
    length = rng.choices((3, 4, 5, 6, 7, 8, 9), (1, 2, 6, 12, 12, 5, 2))[0]
    text = "".join(rng.choices(ALPHABET, k=length))
    if length > 4 and rng.random() < 0.5:
        cut = rng.randint(2, length - 2)
        text = text[:cut] + rng.choice(" -.*") + text[cut:]
    return text


def draw(rng: random.Random, kind: str, free: float = 0.25) -> str:
    """A text of one kind of plate, with separators.

    `free` is the share of texts without any grammar.
    """
    if rng.random() < free:
        text = anything(rng)
        if kind == "two_lines":
            plain = plain_text(text)
            cut = rng.randint(1, max(1, len(plain) - 1))
            return plain[:cut] + "|" + plain[cut:]
        return text
    return fill(rng, rng.choice(PATTERNS[kind]))


def plain_text(text: str) -> str:
    """Only the characters, as they are to be read."""
    return "".join(c for c in text if c in ALPHABET)
