"""How the SDK's trial says that it has read enough. Pure.

The public sources name one wording (issue 109 of the SDK's repository), and not where it appears.
So other wordings are accepted too, in the answer's phrase and in the lines that the SDK prints.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

REFUSAL = re.compile(
    r"""licen[sc]e \W .* (n.?t\W+allow | not\W+permit | expired | exceeded | limit\b)
      | (trial | evaluation) \W .* (expired | exceeded | limit\b | is\W+over\b | ended)
      | running\W+the\W+\w+\W+this\W+long""",
    re.IGNORECASE | re.VERBOSE,
)


def evidence(phrase: str, lines: Sequence[str]) -> str:
    """The words of a refusal and where they were found; empty if there is none."""
    if REFUSAL.search(phrase):
        return f"its phrase: {phrase}"
    line = next((line for line in reversed(lines) if REFUSAL.search(line)), "")
    return f"its log: {line.strip()}" if line else ""
