"""The answer's own text decides its protocol, on any port and under any module."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camcensus.ingest.protocols import (
    description_in,
    protocol_of,
    without_negotiation,
)

MODULES = ("", "auto", "http", "https-simple-new", "ftp", "telnet", "snmp", "rtsp-tcp", "sip", "mysql")
OID = "1.3.6.1.2.1.1.1.0"


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(
    ("text", "protocol"),
    [
        ("RTSP/1.0 200 OK\r\nServer: Acme\r\n", "rtsp"),
        ("HTTP/1.1 200 OK\r\n\r\n", "http"),
        ("<!DOCTYPE  html>\n<p>", "http"),
        ("\n <HTML><body>login:", "http"),
        ("SIP/2.0 404 Not Found\r\n", "sip"),
        ("OPTIONS sip:nobody@192.0.2.1 SIP/2.0\r\n", "sip"),
        ("NOTIFY * HTTP/1.1\r\nNT: upnp:rootdevice\r\n", "ssdp"),
        ('\x20\0\0\0DHIP\0\0{"mac": ""}', "dhip"),
        ("<d:Scopes>onvif://www.onvif.org/type/x</d:Scopes>", "onvif"),
        ("<s:Body><d:ProbeMatches/></s:Body>", "onvif"),
        ('<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0">', "upnp"),
        ("220 Acme FTP server ready.\r\n", "ftp"),
        ("220-Acme DVR\r\n220 (vsFTPd 3.0.2)\r\n", "ftp"),
        ("ftpd - accepted\n220-xFTP Server (c) Acme\r\n", "ftp"),
        ("\xff\xfb\x01\xff\xfb\x03", "telnet"),
        ("\r\n\xff\xfd\x18", "telnet"),
        ("\\xff\\xfd\\x01\\xff\\xfb\\x03Acme", "telnet"),
        ("\ufffd\ufffd\x01\ufffd\ufffd\x03Acme", "telnet"),
        ("acme-nvr login: ", "telnet"),
        ("Welcome to Acme\r\n\r\nUser Name: ", "telnet"),
        ("Password:", "telnet"),
        (f"{OID}: Acme camera", "snmp"),
        (f'.{OID} = STRING: "Acme"', "snmp"),
        (f'iso.{OID[2:]} = STRING: "Acme"', "snmp"),
        ("SNMPv2-MIB::sysDescr.0 = STRING: Acme", "snmp"),
        ("sysDescr: Acme", "snmp"),
    ],
)
def test_the_text_decides(text: str, protocol: str, module: str) -> None:
    assert protocol_of(text, module, 4000) == protocol


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("220 mail.acme.example ESMTP Postfix\r\n", 25),
        ("220 ftp.acme.example ESMTP\r\n", 21),
        ("220 ftp-1.acme.example ready\r\n", 587),
        ("220 sftp.acme.example ready\r\n", 587),
        ("221 FTP, bye", 21),
        ("1220 FTP", 21),
        ("the sysDescr of a device", 161),
        ("1.3.6.1.2.1.1.1.01: x", 161),
        ("\xff\x10\x04Too many connections", 3306),
        ("\xffn", 23),
        ("your login: is not a prompt here", 23),
        ("catalogin:", 23),
        ("x" * 5000 + " login: ", 23),
        ("login", 23),
        ("Welcome to Acme", 23),
        ("<a>", 80),
        ("SIP", 5060),
        ("RTSP", 554),
        ("onvif:/www", 3702),
        ("", 80),
    ],
)
def test_other_texts_decide_nothing(text: str, port: int) -> None:
    assert protocol_of(text, "auto", port) is None
    assert protocol_of(text, "telnet", port) == "telnet"
    assert protocol_of(text, "ftp", port) == "ftp"
    assert protocol_of(text, "https-simple-new", port) == "http"
    assert protocol_of(text, "snmp_v3", port) == "snmp"


def test_a_reply_without_a_word_of_ftp_is_one_on_its_port() -> None:
    assert protocol_of("220 Acme 12 ready", "auto", 21) == "ftp"
    assert protocol_of("220 Acme 12 ready", "auto", 2121) is None


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("\xff\xfb\x01\xff\xfb\x03\xff\xfd\x18\r\nAcme login: ", "\r\nAcme login: "),
        ("\xff\xfa\x18\x01\xff\xf0Acme", "Acme"),
        ("\xff\xf1Acme", "Acme"),
        ("\\xff\\xfb\\x01\\xff\\xfd\\x1f\\xff\\xfd Acme", "Acme"),
        ("\ufffd\ufffd\x01\ufffd\ufffd'Acme", "Acme"),
        ("ÿ Acme\xff", "ÿ Acme\xff"),
        ("Acme", "Acme"),
    ],
)
def test_negotiation_is_left_out(text: str, kept: str) -> None:
    assert without_negotiation(text) == kept


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("Acme Camera 5.1", "Acme Camera 5.1"),
        (f'iso.{OID[2:]} = STRING: "Acme Camera 5.1"\niso.3.6.1.2.1.1.5.0 = STRING: "attic"', "Acme Camera 5.1"),
        (f"{OID}: Acme Camera 5.1\r\n1.3.6.1.2.1.1.6.0: attic", "Acme Camera 5.1"),
        (f".{OID} = Acme\nsecond line\n.1.3.6.1.2.1.1.4.0 = attic", "Acme\nsecond line"),
        ("sysName: attic\nsysDescr: Acme 5\nsysContact: attic", "Acme 5"),
        ("SNMPv2-MIB::sysDescr.0 = STRING: Acme 5\nSNMPv2-MIB::sysName.0 = STRING: attic", "Acme 5"),
        ("| snmp-sysdescr: Acme 5\n|_  System uptime: 3 days", "Acme 5\n|_  System uptime: 3 days"),
        ("Versions:\n  3", "Versions:\n  3"),
    ],
)
def test_the_description_in_an_snmp_answer(text: str, description: str) -> None:
    assert description_in(text) == description
    assert "attic" not in description_in(text)


HOSTILE = (
    "\xff", "\xff\xfa", "\xff\xfb", "\\xff\\xfb", "\ufffd", "220 ", "220 ftp", "220-ftp.", "ftp-", " login:", "\n\n ",
    "<", "ProbeMatch", "sysDescr", "sysDescr:", f"{OID}", "\t|_", f"\n{OID}: ", "DHIP", "onvif://", "<meta",
    "OPTIONS sip",
)  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_text_makes_it_slow(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    start = time.process_time()
    for cut in (text, text[:2000]):
        protocol_of(cut, "auto", 21)
        without_negotiation(cut)
        description_in(cut)
    assert time.process_time() - start < 1


@given(st.lists(st.sampled_from(HOSTILE) | st.text(max_size=5), max_size=8).map("".join), st.sampled_from(MODULES))
def test_any_text_has_a_protocol_or_none(text: str, module: str) -> None:
    protocol_of(text, module, None)
    assert len(without_negotiation(text)) <= len(text)
    assert len(description_in(text)) <= len(text)
