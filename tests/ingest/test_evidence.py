"""Evidence is found wherever a probe leaves it, and is bounded and free of what a terminal would obey."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camcensus.core.tables import EVIDENCE
from camcensus.ingest.evidence import evidence_of
from camcensus.ingest.text import GREETING, PAGE, SHORT, text_of
from camcensus.readers.banner import decode
from tests.conftest import banner


def evidence(**changed: Any) -> dict[str, str]:
    return evidence_of(decode(json.dumps(banner(**changed)).encode()))


def answer(data: str, module: str = "auto", **changed: Any) -> dict[str, str]:
    """Evidence of a banner with nothing but data."""
    return evidence(data=data, http=None, product=None, _shodan={"module": module}, **changed)


def test_only_columns_of_the_table_are_filled() -> None:
    assert evidence().keys() <= {column.name for column in EVIDENCE}


def test_headers_are_read_from_data() -> None:
    found = answer(
        'HTTP/1.1 401 Unauthorized\r\nserver : Boa\r\nWWW-Authenticate: Digest realm="DS-2CD", nonce="1"\r\n\r\nx'
    )
    assert (found["http_server"], found["http_realm"], found["http_auth"]) == ("Boa", "DS-2CD", "Digest")


def test_headers_of_data_win_over_the_parsed_block() -> None:
    assert evidence(data="HTTP/1.1 200 OK\r\nServer: A\r\n\r\n", http={"server": "B"})["http_server"] == "A"
    assert evidence(data="HTTP/1.1 200 OK\r\n\r\n", http={"server": "B"})["http_server"] == "B"


def test_a_header_in_the_page_is_no_header() -> None:
    assert "http_server" not in answer("HTTP/1.1 200 OK\r\n\r\nServer: fake\r\n")


def test_bare_line_feeds_end_a_head_too() -> None:
    found = answer("HTTP/1.0 200 OK\nServer: Boa\n\n<title>cam</title>\nServer: fake\n")
    assert (found["http_server"], found["http_title"]) == ("Boa", "cam")


def test_a_page_left_unparsed_in_data_gives_title_and_html() -> None:
    found = answer("HTTP/1.1 200 OK\r\n\r\n<html><TITLE lang=en>Web\nClient</TITLE>", "https-simple-new")
    assert found["http_title"] == "Web Client"
    assert found["http_html"].startswith("<html>")


@pytest.mark.parametrize(
    "changed", [{"http": {"title": "a"}}, {"http": {"html": "<title>a</title>"}}, {"title": "a", "http": {}}]
)
def test_a_title_from_where_it_stands(changed: dict[str, Any]) -> None:
    assert evidence(data="HTTP/1.1 200 OK\r\n\r\n", **changed)["http_title"] == "a"


def test_rtsp_with_two_schemes() -> None:
    found = answer(
        'RTSP/1.0 401 x\r\nCSeq: 1\r\nServer: Rtsp Server/3.0\r\nWWW-Authenticate: Basic realm="Login to 4D"\r\n'
        'WWW-Authenticate: Digest realm="other", nonce="x"\r\n\r\n',
        "rtsp-tcp",
    )
    assert (found["rtsp_server"], found["rtsp_realm"], found["rtsp_auth"]) == (
        "Rtsp Server/3.0",
        "Login to 4D",
        "Basic Digest",
    )


def test_the_first_realm_that_says_something() -> None:
    found = answer(
        'RTSP/1.0 401 x\r\nWWW-Authenticate: Basic realm=""\r\nWWW-Authenticate: Digest realm=AXIS_00, a=b\r\n'
    )
    assert found["rtsp_realm"] == "AXIS_00"


@pytest.mark.parametrize(
    ("data", "module", "column", "text"),
    [
        (
            "220 AXIS M1011 Network Camera 5.20 ready.\r\n",
            "ftp",
            "ftp_banner",
            "220 AXIS M1011 Network Camera 5.20 ready.",
        ),
        ("\xff\xfb\x01dvrdvs login: ", "telnet", "telnet_banner", "dvrdvs login:"),
        ("AXIS 215; Network Camera; 4.40", "snmp", "snmp_description", "AXIS 215; Network Camera; 4.40"),
        ("SIP/2.0 200 OK\r\nServer: s\r\nUser-Agent: Akuvox R29\r\n", "sip", "sip_user_agent", "Akuvox R29"),
        ("SIP/2.0 404 x\r\nServer: GXV3500 1.0\r\n", "sip", "sip_user_agent", "GXV3500 1.0"),
    ],
)
def test_protocol_texts(data: str, module: str, column: str, text: str) -> None:
    assert answer(data, module)[column] == text


@pytest.mark.parametrize(
    ("module", "column"), [("ftp", "ftp_banner"), ("telnet", "telnet_banner"), ("snmp", "snmp_description")]
)
def test_what_is_personal_and_cut_in_two_is_not_kept_of_a_greeting(module: str, column: str) -> None:
    before = f'220 user name="{"x" * 600}" '
    looked_at = before + "z" * (2 * GREETING - len(before) - 17) + " john.smith@mailh"
    kept = answer(looked_at + "ost.example", module)[column]
    assert kept.startswith("220 user name=[removed] zz")
    assert "john" not in kept
    assert "john" in answer("zz john.smith@mailh", module)[column], "a whole text is kept to its end"


def test_an_ftp_greeting_on_its_port_needs_no_module() -> None:
    assert answer("220 hello", "auto", port=21)["ftp_banner"] == "220 hello"
    assert "ftp_banner" not in answer("220 hello", "auto", port=2121)


def test_onvif_scopes_but_name_and_location() -> None:
    scopes = "onvif://www.onvif.org/"
    found = answer(
        f"<d:Scopes>{scopes}type/video {scopes}name/Front%20door {scopes}hardware/IPC {scopes}location/attic</d:Scopes>"
    )
    assert found["onvif_scopes"] == f"{scopes}type/video {scopes}hardware/IPC"


def test_dhip_reply_but_name_and_addresses() -> None:
    params = {
        "Vendor": "Dahua",
        "DeviceType": "IPC-HFW",
        "MachineName": "attic",
        "IPv4Address": {"IPAddress": "192.0.2.9"},
    }
    found = answer("\x20\0\0\0DHIP\0\0" + json.dumps({"mac": "00:11", "params": {"deviceInfo": params}}), "dhip")
    assert found["dhip_reply"] == '"mac" : "00:11", "Vendor" : "Dahua", "DeviceType" : "IPC-HFW"'


def test_camera_blocks_and_their_technical_fields() -> None:
    found = evidence(
        dahua_dvr_web={},
        hikvision={"device_model": "DS-7104", "device_name": "attic"},
        ip_camera={"brand": 5, "id": "x"},
        mac={"B8:A4:4F:00:00:02": {}, "B8:A4:4F:00:00:01": {}},
    )
    assert found["block"] == "hikvision dahua_dvr_web ip_camera"
    assert (found["hikvision_device_model"], found["ip_camera_brand"], found["mac"]) == (
        "DS-7104",
        "5",
        "B8:A4:4F:00:00:01",
    )


def test_certificate_names() -> None:
    cert = {"subject": {"C": "SE", "CN": "axis-00408c", "O": "Axis", "X": "y", "OU": ["no"]}, "issuer": {"CN": "CA"}}
    found = evidence(ssl={"cert": cert})
    assert (found["cert_subject"], found["cert_issuer"]) == ("CN=axis-00408c,O=Axis,C=SE", "CN=CA")


@pytest.mark.parametrize("cert", [{"subject": {}}, {"subject": {"emailAddress": "a@b.example"}}, {"subject": None}, {}])
def test_a_certificate_without_names_is_no_evidence(cert: dict[str, Any]) -> None:
    assert "cert_subject" not in evidence(ssl={"cert": cert})


@pytest.mark.parametrize(
    ("value", "text"), [(True, None), (0, "0"), (1.5, "1.5"), ("  ", None), ("\0", None), ([], None), (None, None)]
)
def test_text_of_a_value(value: Any, text: str | None) -> None:
    assert text_of(value) == text


def test_texts_are_cut_at_their_limits() -> None:
    long = "ab" * 100_000
    found = evidence(
        product=long, http={"title": long, "html": long, "server": long}, cpe=["cpe:/h:kestrel:ko"] * 900, data=""
    )
    longest = {"product": SHORT, "http_title": SHORT, "http_html": PAGE, "http_server": SHORT, "cpe": GREETING}
    assert {name: len(found[name]) for name in longest} == longest
    assert len(answer(long, "telnet")["telnet_banner"]) == GREETING


@pytest.mark.parametrize(
    "mark", ["\x00", "\x1b[31m", "\x7f", "\x9b", "\u061c", "\u200e", "\u202e", "\u2066", "\ufeff", "\U000e0041"]
)
def test_control_characters_and_direction_marks_are_gone(mark: str) -> None:
    data = f"HTTP/1.1 200 OK\r\nServer: A{mark}B\r\n\r\n<title>x{mark}y</title>"
    found = answer(data) | evidence(
        product=f"a{mark}b", tags=[mark], mac={f"{mark}1": 0}, http={"title": f"a{mark}b"}, data=""
    )
    assert not [text for text in found.values() if mark[0] in text]


def test_other_scripts_stay() -> None:
    assert evidence(http={"title": "네트워크 카메라 — кам"}, data="")["http_title"] == "네트워크 카메라 — кам"


TEXTS = st.text(max_size=40) | st.sampled_from(
    ["HTTP/1.1 200\r\n", "RTSP/1.0\r\n", "SIP/2.0\r\n", "DHIP", "onvif://www.onvif.org/"]
)


@pytest.mark.slow
@given(
    st.lists(
        TEXTS | st.sampled_from(["Server: ", "WWW-Authenticate: x realm=", "<title>", '"', "\r\n\r\n"]), max_size=8
    )
)
def test_any_data_gives_bounded_text_without_control_characters(parts: list[str]) -> None:
    for module in ("auto", "http", "ftp", "snmp"):
        for text in answer("".join(parts), module).values():
            assert 0 < len(text) <= PAGE
            assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text)


def test_a_upnp_announcement_is_no_web_answer() -> None:
    found = answer(
        "HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nUSN: uuid:00005e005301::rootdevice\r\nSERVER: Acme/1 UPnP/1.0\r\n"
        "LOCATION: http://192.168.1.9:49152/acme.xml\r\n\r\n",
        "upnp",
    )
    assert found["ssdp_server"] == "Acme/1 UPnP/1.0"
    assert (found["http_location"], found["upnp_udn"]) == ("/acme.xml", "uuid:00005e005301")
    assert "http_server" not in found
    assert answer("HTTP/1.1 200 OK\r\nSERVER: Acme\r\nST: x\r\n\r\n", "upnp")["http_server"] == "Acme"


def test_redirects_are_read_from_the_header_then_from_the_block() -> None:
    http = {"location": "/end.htm", "redirects": [{"host": "a", "location": "/step.htm?x=1"}, {"data": "x"}]}
    assert evidence(data="HTTP/1.1 302 x\r\nLocation: /head.htm\r\n\r\n", http=http)["http_location"] == "/head.htm"
    assert evidence(data="HTTP/1.1 302 x\r\n\r\n", http=http)["http_location"] == "/step.htm"
    assert evidence(data="", http={"location": "/end.htm"})["http_location"] == "/end.htm"
    assert "http_location" not in evidence(data="", http={"location": "/", "redirects": []})


def test_a_upnp_description_gives_the_device_but_not_its_page() -> None:
    root = '<root xmlns="urn:schemas-upnp-org:device-1-0">'
    page = f"{root}<friendlyName>attic</friendlyName><modelName>X1</modelName></root>"
    for found in (answer(page), answer(f"HTTP/1.1 200 OK\r\n\r\n{page}"), evidence(data="", http={"html": page})):
        assert found["upnp_model_name"] == "X1"
        assert "attic" not in str(found)
    assert evidence(data=page, http=None, upnp={"model_name": "Y"})["upnp_model_name"] == "Y"


def test_a_block_in_the_text_of_an_answer_under_another_brand() -> None:
    found = answer("HTTP/1.1 200 OK\n\nAcme DVR:\n  Web Version: 3.2.1\n  Channel Names: attic\n", "http")
    assert found["block_text"] == "Acme DVR: Web Version: 3.2.1"


def test_what_the_text_shows_wins_over_the_module_and_the_block_is_read_too() -> None:
    found = answer("RTSP/1.0 200 OK\r\nServer: Acme Rtsp\r\n\r\n", "http")
    assert found["rtsp_server"] == "Acme Rtsp"
    found = evidence(data="dvrdvs login: ", http={"title": "Acme", "server": "Boa"}, _shodan={"module": "http"})
    assert (found["telnet_banner"], found["http_title"], found["http_server"]) == ("dvrdvs login:", "Acme", "Boa")
    assert "http_html" not in found


def test_the_block_of_snmp_gives_its_description_only() -> None:
    block = {"description": "Acme 5", "name": "attic", "contact": "attic", "location": "attic"}
    found = evidence(data="", http=None, snmp=block, _shodan={"module": "snmp"})
    assert found["snmp_description"] == "Acme 5"
    assert "attic" not in str(found)


@pytest.mark.parametrize(
    ("value", "realm"),
    [
        ("Basic realm=Acme Name : ", "Acme Name :"),
        ("Digest realm=Acme Cam, nonce=1", "Acme Cam"),
        ("Digest realm=Acme nonce=12", "Acme"),
        ("Basic realm = 'Acme'", "'Acme'"),
        ('Basic charset="x"', None),
    ],
)
def test_realms_without_quotes(value: str, realm: str | None) -> None:
    assert answer(f"HTTP/1.0 401 x\r\nWWW-Authenticate: {value}\r\n\r\n").get("http_realm") == realm


@pytest.mark.parametrize(
    ("value", "hashed"),
    [(-5, "-5"), ("-5", "-5"), (" 7 ", "7"), (7.0, "7"), (4294967291, "-5"), ("4294967291", "-5"), ("0x5", None),
     (1.5, None), (True, None), (1 << 40, None), ("", None), ("²", None)],
)  # fmt: skip
def test_favicon_hashes_however_they_are_written(value: Any, hashed: str | None) -> None:
    assert evidence(data="", http={"favicon": {"hash": value}}).get("http_favicon") == hashed
