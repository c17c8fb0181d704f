"""The check of wording finds avoided words in prose, and not in code."""

import pytest

from tools.style import faults


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("a.md", "The value is reported.", 0),
        ("a.md", "The value is told, and stands beside it.", 3),
        ("a.md", "In 95 % of cases", 1),
        ("a.md", "In 95% of cases, if there is none", 0),
        ("a.md", "Avoid `told`.\n\n```sh\necho told\n```\n", 0),
        ("a.toml", "# Whoever `told`", 2),
        ("a.md", "for\never", 1),
    ],
)
def test_avoided_words_are_found_in_prose(name: str, text: str, found: int) -> None:
    assert len(faults(name, text)) == found
