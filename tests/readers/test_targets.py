"""Every target leads to a field of a banner that is read, and distinguished names come apart."""

from typing import Any

import pytest

from camcensus.readers.banner import Banner, soften
from camcensus.readers.json_paths import put
from camcensus.readers.targets import LONGEST_NAME, TARGETS, name_parts

SAMPLES = {"cert_subject": "CN=a", "cert_issuer": "CN=a", "cpe": ["a"], "tags": ["a"]}


def read(banner: Any, path: tuple[str, ...]) -> Any:
    """What a banner has at a path of Shodan's layout."""
    for key in path:
        banner = banner.get(key) if isinstance(banner, dict) else getattr(banner, key.lstrip("_"))
    return banner


@pytest.mark.parametrize("name", sorted(set(TARGETS) - {"www_authenticate"}))
def test_each_target_is_a_field_that_a_banner_has(name: str) -> None:
    target = TARGETS[name]
    found: dict[str, Any] = {}
    value = target.convert(SAMPLES.get(name, "7"))
    put(found, target.path, value)
    assert read(soften(found, Banner), target.path) == value


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("CN=dns.example", {"CN": "dns.example"}),
        ("C=US, O=Example Services, CN=WR2", {"C": "US", "O": "Example Services", "CN": "WR2"}),
        (r"O=Example\, Inc., CN=a", {"O": "Example, Inc.", "CN": "a"}),
        ('O="Example, Inc",CN=a', {"O": "Example, Inc", "CN": "a"}),
        ("/C=US/O=A, B/CN=y/emailAddress=a@example.org", {"C": "US", "O": "A, B", "CN": "y"}),
        ("emailAddress=a@example.org, CN=n+OU=z, CN=second", {"CN": "n", "OU": "z"}),
        ("ST=a/b, CN=c/d", {"ST": "a/b", "CN": "c/d"}),
        ("CN=", None),
        ("", None),
        ("nothing at all", None),
        (5, None),
        (["CN=a"], None),
        ("CN=" + "x" * 10_000, {"CN": "x" * (LONGEST_NAME - 3)}),
    ],
)
def test_distinguished_names(text: Any, parts: dict[str, str] | None) -> None:
    assert name_parts(text) == parts
