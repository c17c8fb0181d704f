"""Layouts of 2014 to 2026 are read; a field of a wrong kind counts as absent; what is no banner has a reason."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camcensus.ingest.evidence import evidence_of
from camcensus.ingest.records import REASONS
from camcensus.readers.banner import Banner, Rejected, decode
from tests.conftest import banner


def decoded(**changed: Any) -> Banner:
    return decode(json.dumps(banner(**changed)).encode())


def reason_of(line: bytes) -> str:
    with pytest.raises(Rejected) as caught:
        decode(line)
    assert caught.value.reason in REASONS
    return caught.value.reason


def test_a_banner_of_2014() -> None:
    found = decode(
        b'{"ip": 16843009, "ip_str": "1.1.1.1", "port": 80, "timestamp": "2014-01-15T05:49:56.283713", "data": "x",'
        b' "title": "login", "html": "<p>", "cpe": "cpe:/a:x:y", "location": null, "opts": {"screenshot": {}}}'
    )
    assert (found.title, found.html, found.cpe, found.location) == ("login", "<p>", "cpe:/a:x:y", None)


def test_a_banner_of_2026() -> None:
    found = decoded(
        cpe23=["cpe:2.3:h:hikvision:x:*"],
        tags=["iot", "self-signed"],
        hikvision={"device_model": "DS-2CD2032-I"},
        cloud={"provider": "x"},
        vulns={"CVE-2021-36260": {"verified": True}},
        screenshot={"data": "x", "labels": ["y"]},
        http={"status": 200, "title_hash": 5, "dom_hash": 6, "favicon": None, "components": {}},
    )
    assert found.hikvision is not None
    assert (found.hikvision.device_model, found.cpe23) == ("DS-2CD2032-I", ["cpe:2.3:h:hikvision:x:*"])


@pytest.mark.parametrize("value", [47, 4.7, "4.7", True, None])
def test_a_version_may_be_anything_simple(value: Any) -> None:
    assert decoded(version=value).version == value


@pytest.mark.parametrize("value", ["cpe:/a", ["cpe:/a", 5, None], [], None])
def test_a_cpe_may_be_text_or_list(value: Any) -> None:
    assert decoded(cpe=value).cpe == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cpe", 7),
        ("http", []),
        ("http", "x"),
        ("location", "GB"),
        ("ssl", 1),
        ("hikvision", ["x"]),
        ("product", {}),
        ("mac", 5),
        ("_shodan", "x"),
        ("tags", {"a": 1}),
        ("upnp", True),
        ("data", ["x"]),
        ("_camcensus", 1),
    ],
)
def test_a_field_of_a_wrong_kind_counts_as_absent_and_harms_no_other(name: str, value: Any) -> None:
    found = decoded(**{name: value})
    attribute = {"_shodan": "shodan", "_camcensus": "synthetic_marker"}.get(name, name)
    assert getattr(found, attribute) is None
    assert (found.ip_str, found.port) == ("81.127.163.14", 80)


@pytest.mark.parametrize("http", [{"favicon": []}, {"favicon": {"hash": [1]}}, {"status": {}, "title": ["x"]}])
def test_wrong_kinds_inside_a_block_leave_the_block(http: dict[str, Any]) -> None:
    found = decoded(http={"server": "App-webs/", **http})
    assert found.http is not None
    assert found.http.server == "App-webs/"


def test_a_block_that_is_empty_is_there() -> None:
    assert decoded(hikvision={}).hikvision is not None


def test_the_last_of_two_equal_keys_holds() -> None:
    assert decode(b'{"port": 80, "port": 81}').port == 81
    assert decode(b'{"port": 80, "http": [], "port": 81}').port == 81


@pytest.mark.parametrize("extra", [b"", b', "http": []'], ids=["typed", "softened"])
@pytest.mark.parametrize(("digits", "is_kept"), [(19, True), (20, True), (5000, False)])
def test_numbers_of_any_length(digits: int, is_kept: bool, extra: bytes) -> None:
    found = decode(b'{"port": 80, "hash": ' + b"9" * digits + extra + b"}")
    assert found.port == 80
    assert (found.hash is not None) is is_kept


def test_infinity_out_of_an_exponent_counts_as_absent() -> None:
    found = decode(b'{"port": 80, "version": 1e999, "hash": -1e999}')
    assert (found.port, found.version, found.hash) == (80, None, None)


@pytest.mark.parametrize(
    "line", [b'{"product": "\\ud800 x"}', b'{"mac": {"\\udc00": 1}}', b'{"cpe": ["\\udfff"], "http": []}']
)
def test_lone_surrogates_are_replaced(line: bytes) -> None:
    found = decode(line)
    text = json.dumps(msgspec.to_builtins(found), ensure_ascii=False)
    assert not any(0xD800 <= ord(character) <= 0xDFFF for character in text)


def test_a_pair_of_surrogates_is_a_character() -> None:
    assert decode(b'{"product": "\\ud83d\\udcf7"}').product == "\N{CAMERA}"


@pytest.mark.parametrize("depth", [50, 480, 500, 600, 900])
@pytest.mark.parametrize("name", ["cpe", "mac", "ssl", "unread"])
def test_deep_nesting_is_read_or_rejected_and_raises_nothing_else(name: str, depth: int) -> None:
    for line in (
        b'{"port": 80, "http": [], "%s": ' % name.encode() + b"[" * depth + b"]" * depth + b"}",
        b'{"port": 80, "http": [], "%s": ' % name.encode() + b'{"a":' * depth + b"1" + b"}" * depth + b"}",
    ):
        try:
            assert evidence_of(decode(line)) is not None
        except Rejected as rejected:
            assert rejected.reason == "too_deep"


@pytest.mark.parametrize("depth", [5_000, 1_000_000])
def test_nesting_that_no_decoder_survives_is_rejected(depth: int) -> None:
    assert reason_of(b'{"unread": ' + b"[" * depth + b"]" * depth + b"}") == "too_deep"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not_json"),
        (b"nul", "not_json"),
        (b'{"port": 80', "not_json"),
        (b'{"port": NaN}', "not_json"),
        (b'{"unread": Infinity}', "not_json"),
        (b'{"port": 80} {"port": 81}', "not_json"),
        (b"{'port': 80}", "not_json"),
        (b"\0", "not_json"),
        (b"null", "not_object"),
        (b"[]", "not_object"),
        (b'"x"', "not_object"),
        (b"5", "not_object"),
        (b'{"product": "\xff"}', "bad_encoding"),
        ("{}".encode("utf-16"), "bad_encoding"),
    ],
)
def test_what_is_no_banner_is_rejected(line: bytes, reason: str) -> None:
    assert reason_of(line) == reason


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda s: st.lists(s) | st.dictionaries(st.text(), s),
    max_leaves=8,
)
NAMES = st.sampled_from(["_shodan" if f == "shodan" else f for f in Banner.__struct_fields__])


@settings(max_examples=50)
@given(
    st.dictionaries(
        NAMES, JSON | st.dictionaries(st.sampled_from(["cert", "subject", "hash", "title", "favicon"]), JSON)
    )
)
def test_any_json_object_is_a_banner_whose_evidence_is_text(found: dict[str, Any]) -> None:
    line = json.dumps(found).encode()
    try:
        evidence = evidence_of(decode(line))
    except Rejected as rejected:
        assert rejected.reason == "not_json"  # NaN
        return
    assert all(isinstance(text, str) and text for text in evidence.values())
    "".join(evidence.values()).encode()


@given(st.binary(max_size=60) | st.text(alphabet='{}[]":,\\u0d8eE-.tfn ', max_size=60).map(str.encode))
def test_any_bytes_are_a_banner_or_rejected(line: bytes) -> None:
    try:
        decode(line)
    except Rejected as rejected:
        assert rejected.reason in REASONS
