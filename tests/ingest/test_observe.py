"""Many banners at once give what each gives alone, whatever is next to it."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camcensus.core.tables import BY_NAME, EVIDENCE, OBSERVATIONS
from camcensus.ingest.fields import LATEST, MOST_VULNERABILITIES, address_of, seconds_of
from camcensus.ingest.observe import batch_of, observe
from camcensus.readers.banner import Banner, Rejected, soften
from tests.conftest import banner

ADDRESSES = st.one_of(
    st.ip_addresses().map(str),
    st.sampled_from([
        "1.2.3.4", "01.2.3.4", "1.2.3", "1.2.3.256", "1.2.3.4 ", "1.2.3.4\n", "::ffff:1.2.3.4", "::1%eth0", "", None, 7,
        True,
    ]),
)  # fmt: skip
TIMES = st.one_of(
    st.datetimes().map(lambda time: time.isoformat()),
    st.sampled_from([
        "2026-10-20T08:30:01.123456", "2026-10-20T08:30:01", "2026-10-20T24:00:00", "2026-02-30T00:00:00",
        "2026-10-20T08:30:60", "2026-10-20T08:30:01Z", "2026-10-20", "20261020T083001", "1969-01-01T00:00:00.000001",
        "2026-10-20T08:30:01.123456\n", "２０２６-10-20T08:30:01", "9999-12-31T23:59:59.999999", "", None, 1792485001,
    ]),
)  # fmt: skip
PORTS = st.sampled_from([80, 65535, 0, 65536, -1, "80", "080", True, 1.0, None, 1 << 70])
NUMBERS = st.sampled_from([5, True, 1.0, "5", None, 1 << 63, -(1 << 63), 1 << 80])
TEXTS = st.sampled_from(
    ["a", "b" * 400, " a\n", "\u202ea", "é\tb", "1", 1, 1.0, True, False, None, "", " ", {"x": 1}, ["y"]]
)
BANNERS = st.fixed_dictionaries({
    "ip_str": ADDRESSES,
    "port": PORTS,
    "transport": st.sampled_from(["tcp", "udp", "TCP", None, 6]),
    "timestamp": TIMES,
    "hash": NUMBERS,
    "product": TEXTS,
    "org": TEXTS,
    "isp": TEXTS,
    "version": TEXTS,
    "asn": st.sampled_from(["AS1", "as7", 9, True, "x", None]),
    "location": st.sampled_from([{"country_code": "de"}, {"country_code": "NA"}, {}, None, 3]),
    "http": st.sampled_from([None, {}, {"title": "t", "html": "<p>\n", "status": 200}, {"server": "s", "html": 3}]),
    "_camcensus": st.sampled_from([{"synthetic": True}, {"synthetic": 1}, None]),
})  # fmt: skip


def table(found: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str | None]]:
    """The rows of the banners that are accepted, and the reason of each."""
    seen = observe([soften(said, Banner) for said in found])
    rows = len(seen.accepted)
    batch = batch_of({**seen.columns, "file": [""] * rows, "line": [0] * rows}, rows)
    return batch.to_pylist(), [seen.rejected.get(place) for place in range(len(found))]


@given(found=st.lists(BANNERS, min_size=1, max_size=8))
def test_what_stands_beside_a_banner_changes_nothing(found: list[dict[str, Any]]) -> None:
    alone = [table([said]) for said in found]
    assert table(found) == ([row for rows, _ in alone for row in rows], [reason for _, (reason,) in alone])


@given(time=TIMES)
def test_times_are_read_as_one_by_one(time: Any) -> None:
    try:
        expected: int | str = seconds_of(time, LATEST)
    except Rejected as rejected:
        expected = rejected.reason
    rows, (reason,) = table([banner(timestamp=time)])
    assert (rows[0]["seen_at"] if rows else reason) == expected


@given(address=ADDRESSES)
def test_addresses_are_read_as_one_by_one(address: Any) -> None:
    said = banner(ip_str=address)
    try:
        expected: tuple[str, int] | str = address_of(soften(said, Banner))
    except Rejected as rejected:
        expected = rejected.reason
    rows, (reason,) = table([said])
    assert ((rows[0]["host"], rows[0]["ip_version"]) if rows else reason) == expected


@pytest.mark.parametrize("found", [[], [banner(port=0)]])
def test_nothing_accepted_is_an_empty_batch(found: list[dict[str, Any]]) -> None:
    seen = observe([soften(said, Banner) for said in found])
    assert (seen.accepted, batch_of(seen.columns, 0).num_rows) == ([], 0)


def test_a_column_that_nobody_fills_is_null() -> None:
    rows, _ = table([banner(http=None, data="x", _shodan={"module": "ssh"})])
    assert rows[0]["http_html"] is None
    assert pa.types.is_string(batch_of({}, 0).schema.field("http_html").type)


def test_region_city_and_vulnerabilities_as_the_engine_gives_them() -> None:
    location = {"country_code": "DE", "region_code": "HE", "city": "Kassel\n", "latitude": 51.3, "postal_code": "34117"}
    vulns = {"CVE-2021-1": {"cvss": 9, "summary": "words"}, "CVE-2017-2": None, "MS17-010": {}, "see the page": {}}
    (row,), _ = table([banner(location=location, vulns=vulns)])
    assert (row["region"], row["city"], row["vulns"]) == ("HE", "Kassel", "CVE-2017-2 CVE-2021-1 MS17-010")
    assert "51.3" not in str(row)
    assert "34117" not in str(row)


@pytest.mark.parametrize("vulns", [None, [], {}, ["x"], 5, {"CVE": 1}, [None, 7]])
def test_other_values_are_no_vulnerabilities(vulns: Any) -> None:
    (row,), _ = table([banner(vulns=vulns)])
    assert row["vulns"] is None


def test_a_list_of_vulnerabilities_is_bounded() -> None:
    (row,), _ = table([banner(vulns=["CVE-2016-3", "CVE-2016-3", *(f"CVE-2020-{n}" for n in range(9999))])])
    assert len(row["vulns"].split()) == MOST_VULNERABILITIES
    assert row["vulns"].startswith("CVE-2016-3 CVE-2020-0 ")


def test_what_is_for_later_levels_is_in_no_later_table() -> None:
    later = {"region", "city", "vulns"}
    assert later <= set(OBSERVATIONS.names)
    assert not later & {column.name for column in EVIDENCE}
    assert [t.name for t in BY_NAME.values() if later & set(t.names)] == ["observations"]
