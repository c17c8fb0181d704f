"""What is personal never reaches a table: each personal field carries a marker, and no table may hold one."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camcensus.core.config import load_study
from camcensus.core.console import Reporter
from camcensus.ingest import privacy
from camcensus.ingest.columns import RULES, keeper
from camcensus.ingest.kept_forms import dhip_reply, snmp_description
from camcensus.ingest.privacy import GONE, scrub
from camcensus.run import run
from tests.conftest import Banner, banner, ingest_file, write_lines

MARK = "PERSONALMARK"
SERIAL = "4K0123FPAZ98765"
MAC = "00408CAB12CD"
ONVIF = "onvif://www.onvif.org/"


class Marks:
    """A new marker each time, so that a failure says which field leaked."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def __call__(self, field: str) -> str:
        return self.names.setdefault(field, f"{MARK}{len(self.names):03}X")


def personal_banners(mark: Marks) -> Iterator[Banner]:
    """Banners with a marker in each personal field that Shodan's layout or a protocol has."""
    yield banner(
        hostnames=[mark("hostnames")],
        domains=[mark("domains")],
        opts={"screenshot": {"data": mark("opts.screenshot")}},
        screenshot={"data": mark("screenshot.data"), "text": mark("screenshot.text")},
        uptime=mark("uptime"),
        hikvision={
            "device_model": "DS-2CD2032-I",
            "device_name": mark("hikvision.device_name"),
            "device_description": mark("hikvision.device_description"),
            "activex_files": {"x": mark("activex")},
        },
        location={
            "country_code": "GB",
            "postal_code": mark("postal"),
            "latitude": mark("latitude"),
        },
    )
    yield banner(
        port=81,
        http=None,
        dahua_dvr_web={
            "web_version": "3.2",
            "user_info": {"name": mark("user_info.name")},
            "channel_names": [mark("channel_names.0"), mark("channel_names.1")],
        },
        ip_camera={
            "model": "X1",
            "alias_name": mark("alias_name"),
            "ddns_host": mark("ddns_host"),
            "name": mark("ip_camera.name"),
            "ip_address": mark("ip_camera.ip_address"),
        },
        upnp={
            "manufacturer": "AXIS",
            "friendly_name": mark("friendly_name"),
            "presentation_url": mark("presentation_url"),
        },
        snmp={"contact": mark("snmp.contact"), "name": mark("snmp.name"), "location": mark("snmp.location")},
        mdns={"services": {"x": {"name": mark("mdns.name")}}},
    )
    device = {
        "Vendor": "Dahua",
        "DeviceType": "IPC",
        "SerialNo": SERIAL,
        "MachineName": mark("dhip.MachineName"),
        "IPv4Address": {"IPAddress": mark("dhip.IPAddress"), "DefaultGateway": mark("dhip.DefaultGateway")},
    }
    dhip = "\x20\0\0\0DHIP\0\0\0\0" + json.dumps({"mac": "00:11:22:33:44:55", "params": {"deviceInfo": device}})
    yield banner(port=37810, transport="udp", http=None, data=dhip, _shodan={"module": "dhip"})
    owner = f"{ONVIF}name/{mark('onvif.name')} {ONVIF}location/{mark('onvif.location')}"
    scopes = f"{ONVIF}type/video {owner} {ONVIF}hardware/IPC"
    yield banner(
        port=3702, transport="udp", http=None, data=f"<d:Scopes>{scopes}</d:Scopes>", _shodan={"module": "onvif"}
    )
    yield banner(port=8080, http={"html": f"<d:Scopes>{scopes}</d:Scopes>"})
    lines = (f"{name}: {mark(f'snmp text {name}')}\n" for name in ("Name", "Contact", "sysLocation"))
    snmp = "".join(lines) + "AXIS 215"
    yield banner(port=161, transport="udp", http=None, data=snmp, _shodan={"module": "snmp"})
    for port, text in enumerate(personal_texts(mark), 1000):
        yield banner(port=port, data="", http={"html": text})
        yield banner(
            port=port + 1000, http=None, data=f"HTTP/1.1 200 OK\r\n\r\n{text}", _shodan={"module": "https-simple-new"}
        )
        yield banner(port=port + 2000, http=None, data=f"Welcome\r\n{text}\r\n", _shodan={"module": "telnet"})
        yield banner(port=port + 3000, http=None, data=f"220 {text}\r\n", _shodan={"module": "ftp"})


def personal_texts(mark: Marks) -> list[str]:
    """Pages and greetings that repeat a personal field."""
    return [
        text.replace("$", mark(f"text {text}"))
        for text in (
            '{"userName": "$", "x": 1}',
            '{"deviceName":"a\\"$"}',
            "{'alias': 'it\\'s $'}",
            '{"channelNames":["a]b","$"]}',
            '{"channel_names":{"1":"$"}}',
            '{\\"deviceName\\":\\"$\\"}',
            'var g_szUserName = "$";',
            "var ownerName='$';",
            'userInfo = {"id": 1, "name": "$"}',
            "<deviceName>$</deviceName>",
            '<deviceName type="x">$</deviceName>',
            "<userName><![CDATA[$]]></userName>",
            '<input name="userName" type="text" value="$">',
            "Device Name: Smith, $",
            "Machine name=$",
            "ddnsHost: $.example.org",
            '"szDDNSHost":"$.example.org"',
            "mail me at $@example.org",
            "E-Mail: $",
            '"ip_address":"$"',
            "<ipAddress>$</ipAddress>",
            "password = $",
            "Alias:\t$",
            "loginName=%22$%22",
            'var userName = "' + "x" * 700 + '$";',
            "x" * 2030 + " joe$@example.org",
            "x" * 490 + " joe$@example.org",
        )
    ]


def leaks(folder: Path, names: dict[str, str]) -> list[str]:
    """The fields whose marker stands in a table (in its values or its bytes) or in any other file."""
    found = set()
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and "raw" not in p.parts):
        text = path.read_bytes().decode("latin-1")
        if path.suffix == ".parquet":
            text += json.dumps(pq.read_table(path).to_pylist())
        found |= {f"{field} in {path.name}" for field, marker in names.items() if marker in text}
    return sorted(found)


def test_no_personal_field_reaches_observations(tmp_path: Path) -> None:
    mark = Marks()
    raw = write_lines(tmp_path / "raw" / "a.json", personal_banners(mark))
    result = ingest_file(raw, tmp_path / "a.parquet", tmp_path / "q.gz")
    assert result.accepted == result.lines > 100
    assert MARK in raw.read_text()
    assert leaks(tmp_path, mark.names) == []
    assert "DS-2CD2032-I" in str(pq.read_table(tmp_path / "a.parquet").to_pylist()), (
        "the technical field beside it is kept"
    )


def test_no_personal_field_reaches_any_table_and_no_serial_or_mac_what_follows_observations(tmp_path: Path) -> None:
    mark = Marks()
    realms = [
        f'RTSP/1.0 401 x\r\nWWW-Authenticate: Basic realm="{realm}"\r\n\r\n'
        for realm in (f"Login to {SERIAL}", f"AXIS_{MAC}")
    ]
    found = [
        banner(port=554 + n, http=None, data=data, _shodan={"module": "rtsp-tcp"}) for n, data in enumerate(realms)
    ]
    found.append(
        banner(
            port=37777,
            http=None,
            data="",
            dahua={"serial_number": SERIAL},
            mac={":".join(MAC[i : i + 2] for i in range(0, 12, 2)): {}},
        )
    )
    write_lines(tmp_path / "data" / "a" / "raw" / "a.json", [*personal_banners(mark), *found])
    (tmp_path / "study.toml").write_text('title = "t"\nvendors = ["Hikvision", "Dahua", "Axis"]\n')
    outcome = run(load_study(tmp_path / "study.toml"), Reporter(), report=False)
    assert len(outcome.done) == 5
    assert leaks(tmp_path / "data", mark.names) == []
    hashed = {"serial": SERIAL, "mac": MAC, "mac written out": "00:40:8C:AB:12:CD"}
    assert [leak for leak in leaks(tmp_path / "data", hashed) if not leak.endswith(" in a.json.parquet")] == []
    assert leaks(tmp_path / "data" / "a" / "identified.parquet", hashed) == []
    identified = pq.read_table(tmp_path / "data" / "a" / "identified.parquet").to_pylist()
    assert {row["identity_kind"] for row in identified} == {None, "serial", "mac"}


def test_scrub_takes_the_value_and_leaves_its_neighbours() -> None:
    mark = Marks()
    for text in personal_texts(mark):
        assert MARK not in scrub(text), text
    assert scrub('{"userName":"joe","model":"DS-1"}') == f'{{"userName":{GONE},"model":"DS-1"}}'
    assert scrub("<deviceName>attic</deviceName><model>X</model>") == f"<deviceName>{GONE}</deviceName><model>X</model>"
    assert scrub("User name: joe\nModel: X") == f"User name: {GONE}\nModel: X"
    assert scrub("a=1&userName=joe&model=X") == f"a=1&userName={GONE}&model=X"


@pytest.mark.parametrize(
    "text", ["", "Server: App-webs/", "the user named the device", '<script src="/doc/script/login.js">', "user@host"]
)
def test_scrub_leaves_what_is_not_personal(text: str) -> None:
    assert scrub(text) == text


def test_nothing_personal_is_kept_wherever_a_text_is_cut() -> None:
    # What stands before shrinks by so much that the cut comes within what is kept.
    longest, before = 100, f'deviceName="{"x" * privacy.FURTHER}" '
    for text in (*filter(lambda text: len(text) < 200, personal_texts(Marks())), f"{ONVIF}name/{MARK}"):
        assert MARK[:3] in text
        for cut in range(1, len(text)):
            filling = "z" * (longest + privacy.FURTHER - len(before) - cut - 1)
            kept = privacy.start_of(f"{before}{filling} {text} and more", longest)
            assert MARK[:3] not in kept
            assert filling in kept


def test_scrubbing_again_changes_nothing() -> None:
    for text in personal_texts(Marks()):
        assert scrub(scrub(text)) == scrub(text), text


HOSTILE = (
    "ddns-",
    "user",
    "email",
    "a@",
    "password:",
    'password="',
    "'",
    "alias: ",
    "owner name",
    "x.y-",
    "\\",
    'alias["',
    "alias[",
    "password ",
    'userName" value',
    "user<",
    "onvif://www.onvif.org/",
    "name:",
    "alias=a, ",
    "alias, ",
    'alias="\\',
)


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_text_makes_it_slow(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    start = time.process_time()
    for function in (scrub, dhip_reply, snmp_description):
        function(text)
    assert time.process_time() - start < 2


HOSTILE_2 = (
    "user</td><td>",
    '<input value="x" name="',
    "<a value=b name=user",
    "&quot;user&quot;:&quot;",
    "%22",
    "user=%22",
    "+1 ",
    "10.1.",
    "192.168.1.",
    "fd00:",
    "a(at)",
    "a (at) b (dot) ",
    "a%40b%2e",
    "tên ",
    "пароль",
    "имя ",
    "&#64;",
    "user ",
    'user a="b" ',
    "</b>",
    "user</b>",
    "user&nbsp;",
    "onvif://www.onvif.org/x",
    "ｕ",
    "t&",
    "contrase&",
    "user::",
    "<",
)


@pytest.mark.parametrize("piece", HOSTILE_2)
def test_no_page_and_no_column_is_slow(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    start = time.process_time()
    scrub(text)
    for column in (*RULES, "http_html"):
        keeper(column).of(text)
    assert time.process_time() - start < 3


def test_a_dhip_reply_keeps_six_fields_and_no_other() -> None:
    fields: dict[str, Any] = dict.fromkeys(["Vendor", "DeviceClass", "DeviceType", "Version", "SerialNo", "mac"], "v")
    reply = dhip_reply(json.dumps(fields | {"MachineName": "attic", "AlarmInputChannels": "1"}))
    assert [part.split('"')[1] for part in reply.split(", ")] == list(fields)


PIECES = st.sampled_from(
    [
        "user",
        "User",
        "name",
        "names",
        "NAME",
        " ",
        "_",
        "-",
        "device",
        "info",
        "ip",
        "addr",
        "address",
        "e",
        "mail",
        "alias",
        "ddns",
        "password",
        "login",
        "host",
        "Host_Name = joe",
        "a@b.c",
        "a@b.c.d.e.f.g@h.i",
        "@",
        "x",
        "a.b",
        ":",
        "=",
        ">",
        "<",
        '"',
        "'",
        '\\"',
        "{",
        "}",
        "[",
        "]",
        "value=",
        "<![CDATA[",
        ",",
        ", ",
        "; ",
        "\n",
        "\r",
        "\xa0",
        "%40",
        "&#64;",
        "&#x40;",
        "&commat;",
        "\\u0040",
        " (at) ",
        "[at]",
        "localhost",
        "&quot;",
        "%22",
        "%3D",
        "&gt;",
        "=>",
        "10.1.2.3",
        "192.168.",
        "172.16.0.1",
        "10.",
        "fd00:",
        ":1",
        "+44",
        " 20 7946",
        "usr",
        "pwd",
        "pass",
        "tel",
        "passwort",
        "contrase",
        "ñ",
        "&ntilde;",
        "a",
        "имя ",
        "Пользователя",
        "пароль",
        "用户名",
        "\u200b",
        "ｕｓｅｒ",
        "</td><td>",
        "</b>",
        '<input value="',
        "' id='",
        "/",
        "//",
        "%2F",
        "nick",
        "\x1c",
        "\x0b",
        "\u2028",
        "é",
        "ſ",
        "ı",
        "İ",
        "K",
        "uſername=b",
        "onvif://www.onvif.org/name/x",
        "< b>",
    ]
)


@given(pieces=st.lists(st.lists(PIECES, max_size=18).map("".join), max_size=5))
def test_the_quick_ways_remove_what_the_patterns_find(pieces: list[str]) -> None:
    def plainly(text: str) -> str:
        text = privacy.INVISIBLE.sub("", text).translate(privacy._FULL_WIDTH)
        text = privacy._SCOPE_PERSONAL.sub(GONE, privacy._EMAIL.sub(GONE, text))
        text = privacy._without_values(text, range(len(text)))
        text = privacy._FIELD.sub(lambda found: f"{found[1]}{found[2]}{GONE}", text)
        return privacy._PHONE.sub(GONE, privacy._INNER_6.sub(GONE, privacy._INNER.sub(GONE, text)))

    assert [scrub(text) for text in pieces] == [plainly(text) for text in pieces]
