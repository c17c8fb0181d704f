"""A MAC address shows who made the card of a device; what only looks like one shows nothing."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camcensus.ingest.evidence import evidence_of
from camcensus.ingest.macs import is_device, mac_in, organisation_of
from camcensus.readers.banner import decode
from tests.conftest import banner

MAC = "00:40:8C:12:34:56"  # registered to Axis
HEX = "00408c123456"


def evidence(**changed: Any) -> tuple[str | None, str | None]:
    """The MAC address and its organisation in a banner with nothing but what is given."""
    found = evidence_of(decode(json.dumps(banner(**({"data": "", "http": None, "product": None} | changed))).encode()))
    return found.get("mac"), found.get("mac_organisation")


@pytest.mark.parametrize(
    "text",
    [
        HEX, HEX.upper(), f"Acme_{HEX}", f"acme-{HEX}", f"Acme {HEX}", f"({HEX})", f"{HEX}.acme.example", MAC,
        MAC.lower(), MAC.replace(":", "-"), f"Acme {MAC} x", f"uuid:1419d68a-1dd2-11b2-a105-{HEX}",
        f"urn:uuid:4d454930-0000-1000-8000-{HEX}", f"202401011200 {HEX}",
    ],
)  # fmt: skip
def test_a_mac_address_in_a_text(text: str) -> None:
    assert mac_in(text) == MAC


@pytest.mark.parametrize(
    "text",
    [
        None, "", "Acme", HEX[:-1], HEX + "0", f"x{HEX}", f"{HEX}x", f"{HEX}{HEX}00000000",
        "202401011200",  # a time
        "00408c123456".replace("c", "1"),  # a number
        "fcfcfc123456",  # not registered
        "02408c123456", "03408c123456", "02:40:8c:12:34:56",  # of no card, or of many
        "01005e123456", "01:00:5e:12:34:56", "ff:ff:ff:ff:ff:ff",
        "000000000000", "00:00:00:00:00:00", "000000123456", "00:00:00:12:34:56",
        "001122334455", "00:11:22:33:44:55", "0123456789ab", "1234567890ab", "12:34:56:78:90:ab", "00:01:02:03:04:05",
        "00005e005301",  # of the registry itself
        "70b3d5123456",  # of a block that the registry splits
        f"uuid:1419d68a-1dd2-41b2-a105-{HEX}",  # ends with chance
        "00:40:8c:12:34", "00:40:8c:12:34:56:78", "00:40-8c:12:34:56", "fe80::0040:8c12:3456", f"1{MAC}",
    ],
)  # fmt: skip
def test_what_is_no_mac_address_of_a_device(text: str | None) -> None:
    assert mac_in(text) is None


def test_a_written_out_address_needs_no_registration() -> None:
    assert mac_in("fc:fc:fc:12:34:56") == "FC:FC:FC:12:34:56"
    assert organisation_of("fc:fc:fc:12:34:56") is None


@pytest.mark.parametrize(
    ("mac", "organisation"),
    [
        (MAC, "Axis"), (HEX, "Axis"), ("00-40-8C-12-34-56", "Axis"), ("02:40:8c:12:34:56", None), ("00:40:8c", None),
        ("00:00:5e:00:53:01", None), ("70:b3:d5:12:34:56", None), ("attic", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_the_organisation_of_an_address(mac: str | None, organisation: str | None) -> None:
    found = organisation_of(mac)
    assert found == organisation or (organisation is not None and found is not None and organisation in found)


@pytest.mark.parametrize(
    "changed",
    [
        {"data": f'RTSP/1.0 401 x\r\nWWW-Authenticate: Digest realm="{HEX}"\r\n\r\n'},
        {"data": f'HTTP/1.1 401 x\r\nWWW-Authenticate: Basic realm="Acme_{HEX}"\r\n\r\n'},
        {"data": "HTTP/1.1 200 OK\r\n\r\n", "http": {"title": f"Acme {HEX}"}},
        {"upnp": {"serial_number": HEX}},
        {"upnp": {"udn": f"uuid:1419d68a-1dd2-11b2-a105-{HEX}"}},
        {"data": f"HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nUSN: uuid:{HEX}::upnp:rootdevice\r\n\r\n"},
        {"data": f"NOTIFY * HTTP/1.1\r\nNT: upnp:rootdevice\r\nUSN: uuid:{HEX}\r\n\r\n"},
        {"ssl": {"cert": {"subject": {"CN": f"acme-{HEX}"}}}},
        {"ip_camera": {"mac_address": MAC}},
        {"ip_camera": {"id": HEX}},
        {"data": f"<a:Address>urn:uuid:{HEX}</a:Address>onvif://www.onvif.org/type/x"},
        {"data": f"onvif://www.onvif.org/MAC/{MAC}"},
        {"data": f'\x20\0\0\0DHIP\0\0"mac" : "{MAC}"'},
        {"mac": {MAC: {}}},
    ],
)
def test_the_address_and_its_organisation_are_columns(changed: dict[str, Any]) -> None:
    mac, organisation = evidence(**changed)
    assert mac == MAC
    assert organisation is not None
    assert "Axis" in organisation


@pytest.mark.parametrize(
    "changed",
    [
        {"ssl": {"cert": {"subject": {"O": HEX}}}},
        {"ssl": {"cert": {"issuer": {"CN": HEX}}}},
        {"data": f"220 FTP {HEX} ready"},
        {"data": f"HTTP/1.1 200 OK\r\nETag: {HEX}\r\n\r\n<p>{HEX}</p>"},
        {"data": f'RTSP/1.0 401 x\r\nWWW-Authenticate: Digest realm="x", nonce="{HEX}"\r\n\r\n'},
    ],
)
def test_an_address_elsewhere_is_not_the_device_s(changed: dict[str, Any]) -> None:
    assert evidence(**changed) == (None, None)


def test_the_engine_s_own_block_comes_first() -> None:
    realm = f'RTSP/1.0 401 x\r\nWWW-Authenticate: Digest realm="{HEX}"\r\n\r\n'
    assert evidence(data=realm, mac={"B8:A4:4F:00:00:01": {}})[0] == "B8:A4:4F:00:00:01"


@pytest.mark.parametrize("piece", ["00", "00:", "00-", "a", "a-", "00408c123456", f"{MAC} ", "1419d68a-1dd2-"])
def test_no_text_makes_it_slow(piece: str) -> None:
    start = time.process_time()
    mac_in(piece * (200_000 // len(piece)))
    assert time.process_time() - start < 1


@given(st.binary(min_size=6, max_size=6).map(bytes.hex))
def test_what_is_found_is_what_is_written(digits: str) -> None:
    written = ":".join(digits[place : place + 2] for place in range(0, 12, 2))
    assert mac_in(written) == (written.upper() if is_device(digits.upper()) else None)
    assert mac_in(digits) in (None, written.upper())
