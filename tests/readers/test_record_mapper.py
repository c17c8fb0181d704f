"""From records to banners: times in any zone, fixed values, words, heads made of header fields, favicons by kind."""

from typing import Any

import pytest

from camcensus.readers.banner import Rejected
from camcensus.readers.mapping import Mapping, Time
from camcensus.readers.record_mapper import RecordMapper, timestamp_of
from tests.conftest import row_of

BASE: dict[str, Any] = {
    "engine": "other", "title": "Other", "format": "jsonl", "source": "s", "licence": "l", "verified": True,
    "fields": {"address": "ip", "port": "port", "time": "seen"},
}  # fmt: skip
RECORD = {"ip": "81.2.69.142", "port": 80, "seen": "2026-10-20T08:30:01"}


def seen(record: dict[str, Any], fields: dict[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
    """The row of observations that a record becomes."""
    whole = {**BASE, **changed, "fields": {**BASE["fields"], **(fields or {})}}
    return row_of(RecordMapper(Mapping.model_validate(whole)).banner({**RECORD, **record}))


@pytest.mark.parametrize(
    ("value", "time", "expected"),
    [
        ("2026-10-20T08:30:01Z", {}, "2026-10-20T08:30:01+00:00"),
        ("2026-10-20 08:30:01", {"zone": "+08:00"}, "2026-10-20T08:30:01+08:00"),
        ("2026-10-20T08:30:01+02:00", {"zone": "+08:00"}, "2026-10-20T08:30:01+02:00"),
        ("2026-10-20T08:30:01.239145327Z", {}, "2026-10-20T08:30:01.239145+00:00"),
        (1792485001, {"format": "unix"}, "2026-10-20T08:30:01+00:00"),
        ("1792485001", {"format": "unix", "zone": "+08:00"}, "2026-10-20T08:30:01+00:00"),
        (1792485001999, {"format": "unix_ms"}, "2026-10-20T08:30:01.999000+00:00"),
        ("20/10/2026 08:30", {"format": "%d/%m/%Y %H:%M", "zone": "-01:00"}, "2026-10-20T08:30:00-01:00"),
        ("20/10/2026 08:30 +0300", {"format": "%d/%m/%Y %H:%M %z"}, "2026-10-20T08:30:00+03:00"),
    ],
)
def test_times(value: Any, time: dict[str, str], expected: str) -> None:
    assert timestamp_of(value, Time(**time)) == expected


@pytest.mark.parametrize(
    ("value", "time"),
    [
        ("yesterday", {}),
        (1792485001, {}),
        (True, {}),
        ("10-20-2026", {"format": "%d/%m/%Y"}),
        (5, {"format": "%d/%m/%Y"}),
        ("x", {"format": "unix"}),
        (1e300, {"format": "unix"}),
    ],
)
def test_what_is_no_time_is_refused(value: Any, time: dict[str, str]) -> None:
    with pytest.raises(Rejected) as caught:
        seen({"seen": value}, time=time)
    assert caught.value.reason == "bad_timestamp"


def test_no_time_is_refused() -> None:
    with pytest.raises(Rejected) as caught:
        seen({"seen": None})
    assert caught.value.reason == "no_timestamp"


def test_fixed_values_stand_in_every_record() -> None:
    assert seen({}, fixed={"transport": "UDP", "country": "NL"})["transport"] == "udp"
    fields = {"address": "ip", "port": "port"}
    fixed = Mapping.model_validate({**BASE, "fields": fields, "fixed": {"time": "2026-10-20T00:00:00Z"}})
    assert row_of(RecordMapper(fixed).banner(RECORD))["seen_at"] == 1792454400


def test_words_of_the_engine_become_ours() -> None:
    values = {"transport": {"quic": "udp"}, "tags": {"1": "honeypot", "0": "", "true": "honeypot"}}
    fields = {"transport": "t", "tags": "h"}
    assert seen({"t": "QUIC", "h": 1}, fields, values=values) | {"transport": "udp", "tags": "honeypot"} == seen(
        {"t": "QUIC", "h": True}, fields, values=values
    )
    assert "tags" not in seen({"t": "tcp", "h": 0}, fields, values=values)
    assert seen({"h": ["IoT", 1]}, fields, values=values)["tags"] == "iot honeypot"
    with pytest.raises(Rejected):
        seen({"t": "sctp"}, fields, values=values)


@pytest.mark.parametrize("port", [80, "80", " 80 "])
def test_text_around_addresses_and_ports_does_not_matter(port: Any) -> None:
    assert seen({"ip": " 81.2.69.142\t", "port": port})["port"] == 80


def test_logins_asked_for_make_a_head_where_there_is_none() -> None:
    fields = {"www_authenticate": "auth", "data": "data", "server": "server"}
    asked = ['Digest realm="DS-2CD2032-I", nonce="0"', "Basic realm=x\r\nServer: forged"]
    row = seen({"auth": asked, "server": "DNVRS-Webs"}, fields)
    assert (row["http_realm"], row["http_auth"], row["http_server"]) == ("DS-2CD2032-I", "Digest Basic", "DNVRS-Webs")
    row = seen({"auth": asked, "data": "HTTP/1.1 200 OK\r\nServer: real\r\n\r\n"}, fields)
    assert row["http_server"] == "real"
    assert "http_realm" not in row


def test_only_a_favicon_of_shodans_kind_is_evidence() -> None:
    favicon = {"field": "f", "kind": "shodan"}
    assert seen({"f": -99}, favicon=favicon)["http_favicon"] == "-99"
    assert seen({"f": "-99"}, favicon=favicon)["http_favicon"] == "-99"
    assert "http_favicon" not in seen({"f": -99}, favicon={**favicon, "kind": "other"})


def test_values_of_a_wrong_kind_count_as_absent() -> None:
    fields = {"title": "t", "status": "s", "asn": "a", "country": "c", "cert_subject": "n", "cert_sha256": "h"}
    row = seen({"t": {"x": 1}, "s": "2oo", "a": [[]], "c": "Germany", "n": 5, "h": "zz"}, fields)
    assert "http_title" not in row
    assert "cert_subject" not in row
    assert row.keys().isdisjoint({"http_status", "asn", "engine_country", "cert_sha256"})


def test_a_status_in_digits_is_a_number() -> None:
    assert seen({"s": "401"}, {"status": "s"})["http_status"] == 401


def test_what_is_personal_goes_as_it_does_from_shodans_banners() -> None:
    page = '<script>var user_name = "Mary Example"; mail = "mary@example.org"</script>'
    fields = {"html": "p", "data": "b", "protocol": "m"}
    rows = [seen({"p": page}, fields), seen({"b": "220 hello mary@example.org\r\n", "m": "FTP"}, fields)]
    told = " ".join(str(value) for row in rows for value in row.values())
    assert "Mary" not in told
    assert "mary@" not in told
    assert rows[0]["http_html"].startswith("<script>var user_name")
    assert rows[1]["ftp_banner"] == "220 hello [removed]"


@pytest.mark.parametrize(
    ("mark", "made_up"), [({"synthetic": True}, True), ("synthetic", True), ({"synthetic": 1}, False), ("x", False)]
)
def test_made_up_records_say_so_whatever_the_mapping(mark: Any, made_up: bool) -> None:
    assert seen({"_camcensus": mark})["is_synthetic"] is made_up


def test_a_place_and_the_path_of_a_redirect() -> None:
    fields = {"region": "where.region", "city": "where.town", "redirect": "to"}
    row = seen({"where": {"region": "Iceland", "town": "Akureyri"}, "to": "http://cam.example/main.htm?id=7"}, fields)
    assert (row["region"], row["city"], row["http_location"]) == ("Iceland", "Akureyri", "/main.htm")
