"""No spelling of a personal field gets into any column of text, of `observations` or of `identified`."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from camcensus.core.config import load_study
from camcensus.core.console import Reporter
from camcensus.core.tables import IDENTIFIED, OBSERVATIONS
from camcensus.ingest.columns import EvidenceColumns, keeper
from camcensus.run import run
from tests.conftest import Banner, banner, write_lines

MARK = "Qzmarple"
SPELLINGS = [
    f"user name: {MARK}",
    f"usr={MARK}&x=1",
    f'var pwd = "{MARK}";',
    f"pass={MARK}",
    f'"wifiSSID":"{MARK}"',
    f'wpa_psk="{MARK}"',
    f"{{'nickname': '{MARK}'}}",
    f'"camName":"{MARK}"',
    f'"displayName" : "{MARK}"',
    f"userName%3D{MARK}",
    f"&quot;userName&quot;:&quot;{MARK}&quot;",
    f"&lt;deviceName&gt;{MARK}&lt;/deviceName&gt;",
    f"us\u200ber name: {MARK}",
    f"ｕｓｅｒＮａｍｅ：{MARK}",
    f"<userName\n>{MARK}</userName>",
    f"<ns:ownerName xsi:type='s'>{MARK}</ns:ownerName>",
    f'<input value="{MARK}" type=text name="login_username">',
    f'<input name=password type=text value="{MARK}">',
    f"<td>Device name:</td> <td>{MARK}</td>",
    f"<th><b>User&nbsp;name</b></th>\n<td class='x'><span>{MARK}</span></td>".replace("&nbsp;", " "),
    f"{MARK}@mail.example.org",
    f"{MARK}%40mail.example.org",
    f"jane&#64;{MARK}.example.org",
    f"jane&#x40;{MARK}.example.org",
    f"jane\\u0040{MARK}.example.org",
    f"jane (at) {MARK} (dot) org",
    f"{MARK}@localhost",
    f"jane@[{MARK}]",
    f"Benutzername: {MARK}",
    f"Passwort = {MARK}",
    f"mot de passe : {MARK}",
    f"nom de l'appareil: {MARK}",
    f"Contraseña: {MARK}",
    f"contrase&ntilde;a: {MARK}",
    f"nombre de usuario={MARK}",
    f"nome do usuário: {MARK}",
    f"Senha: {MARK}",
    f"Nome utente: {MARK}",
    f"Имя пользователя: {MARK}",
    f"ПАРОЛЬ: {MARK}",
    f"nazwa urządzenia: {MARK}",
    f"HASŁO: {MARK}",
    f"Kullanıcı adı: {MARK}",
    f"şifre: {MARK}",
    f"用户名：{MARK}",
    f"设备名称: {MARK}",
    f"비밀번호: {MARK}",
    f"카메라 이름: {MARK}",
    f"ユーザー名: {MARK}",
    f"パスワード={MARK}",
    f"tên đăng nhập: {MARK}",
    f"mật khẩu: {MARK}",
    f"onvif://www.onvif.org/name/{MARK}",
    f"onvif://www.onvif.org/Friendlyname/{MARK}",
    f"onvif://www.onvif.org/name%2F{MARK}",
]
ADDRESSES = [
    "at 10.1.2.3.",
    "http://192.168.7.20/x",
    "172.20.1.9",
    "(fe80::1c2d:3e4f)",
    "fd12:3456::9",
    "call +44 20 7946 0958",
    "tel:+442079460958",
]
COLUMNS = [
    column.name
    for column in OBSERVATIONS.columns
    if column.type == pa.string() and column.name not in ("file", "host", "transport", "engine_country", "cert_sha256")
]


def kept_of(column: str, text: str) -> str:
    """What a column keeps of a text."""
    if column == "http_html":
        columns = EvidenceColumns(1)
        columns.fill_pages([text])
        return str(columns.filled[column][0].as_py())
    return str(keeper(column).of(text))


@pytest.mark.parametrize("column", COLUMNS)
def test_no_spelling_gets_into_a_column(column: str) -> None:
    assert len(SPELLINGS) > 50
    for text in SPELLINGS:
        for around in (text, f"x; {text}", f"Kestrel KO-2200D\r\n{text}\r\nend", f"<p>{text}</p>"):
            assert MARK not in kept_of(column, around), around


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("text", ADDRESSES)
def test_no_inner_address_or_phone_number_gets_into_a_column(column: str, text: str) -> None:
    kept = kept_of(column, f"a {text} b")
    assert not [part for part in ("10.1.2.3", "192.168", "172.20", "fe80", "fd12", "7946") if part in kept]


@pytest.mark.parametrize(
    "text",
    [
        "Server/10.0.1.2",
        "V10.1.2.3",
        "version 10.1.2.3",
        "110.1.2.3",
        "1.10.1.2.3",
        "172.32.1.9",
        "193.168.1.2",
        "C++ 11",
        "a + 12",
        "+12 34",
        "compass: north",
        "bypass=1",
        "Administrator or User",
        "DS-2CD2032-I",
        "User's Guide of a camera",
        "modelName: KO-2200D",
        "Password:",
        "<label>Password</label><input><p>Kestrel</p>",
        "VoIP Phone :: Home",
        "x@2x.png"[:1],
        "<td>User name</td><td><input></td>",
        "<td>Password</td></tr><tr><td>Kestrel</td>",
        "at) (at",
        "user <b>",
        "50% (at",
    ],
)
def test_what_is_not_personal_is_left(text: str) -> None:
    assert kept_of("http_server", text) == text


def test_a_name_of_whose_camera_it_is_goes_and_the_rest_stays() -> None:
    assert kept_of("http_title", "Jane Marple's Camera - NVR") == "[removed] Camera - NVR"
    assert kept_of("http_title", "jane's webcam") == "[removed] webcam"
    assert kept_of("http_title", "the world's best cameras") == "the world's best cameras"


KEPT = [
    ("http_title", "KO-2200D20180412AAWR587654321", "KO-2200D"),
    ("hikvision_device_version", "V5.4.5 build 170123 of Jane", "V5.4.5 build 170123"),
    ("firmware", "Jane 2.1-beta", "2.1-beta"),
    ("tags", "cloud jane honeypot", "cloud honeypot"),
    ("devicetype", "Jane's webcam", "None"),
    ("devicetype", "webcam", "webcam"),
    ("devicetype", "VoIP phone", "VoIP phone"),
    ("cpe", "cpe:/h:jane cpe:2.3:h:kestrel:ko-2200d", "cpe:2.3:h:kestrel:ko-2200d"),
    ("module", "Jane Marple", "None"),
    ("mac", "00:00:5e:00:53:01", "00:00:5e:00:53:01"),
    ("ip_camera_mac_address", "00 of Jane", "None"),
    ("ip_camera_id", "Jane Marple", "None"),
    ("upnp_serial_number", "SN-00112233", "SN-00112233"),
    ("upnp_udn", "uuid:Upnp-IPCamera-1_0-00005E005301", "uuid:Upnp-IPCamera-1_0-00005E005301"),
    ("upnp_udn", "uuid:jane", "None"),
    (
        "cert_subject",
        "CN=jane.dyn.example.org,O=Kestrel,L=St Mary Mead,ST=Kent,C=GB",
        "CN=[removed],O=Kestrel,L=,ST=,C=GB",
    ),
    ("cert_subject", "CN=jane.myfoscam.org,L=Shenzhen", "CN=[removed].myfoscam.org,L=Shenzhen"),
    ("cert_subject", "CN=KO-2200D,O=Kestrel Optics", "CN=KO-2200D,O=Kestrel Optics"),
    ("ftp_banner", "220 marple FTP server (Kestrel 1.0) ready", "220 [removed] FTP server (Kestrel 1.0) ready"),
    ("ftp_banner", "220 Network-Camera FTP server ready", "220 Network-Camera FTP server ready"),
    ("ftp_banner", "220 KFTP FTP server (KFTP 1.0)", "220 KFTP FTP server (KFTP 1.0)"),
    ("telnet_banner", "marple login: ", "[removed] login:"),
    ("telnet_banner", "Welcome\r\nnvr login: ", "Welcome  nvr login:"),
    ("telnet_banner", "192.0.0.64 login: ", "192.0.0.64 login:"),
    (
        "snmp_description",
        "SNMPv2-MIB::sysDescr.0 = Kestrel\niso.3.6.1.2.1.1.6.0 = attic",
        "SNMPv2-MIB::sysDescr.0 = Kestrel",
    ),
    (
        "snmp_description",
        "1.3.6.1.2.1.1.1.0: Kestrel\nsysName.0 = jane\n.1.3.6.1.2.1.1.5.0: jane",
        "1.3.6.1.2.1.1.1.0: Kestrel",
    ),
    (
        "onvif_scopes",
        "<a>onvif://www.onvif.org/hardware/KO%20200</a><XAddrs>http://10.0.0.1/</XAddrs> onvif://www.onvif.org/user/jane",
        "onvif://www.onvif.org/hardware/KO 200",
    ),
]


@pytest.mark.parametrize(("column", "text", "kept"), KEPT)
def test_a_column_of_known_form_keeps_that_form(column: str, text: str, kept: str) -> None:
    assert kept_of(column, text) == kept


def banners(text: str) -> list[Banner]:
    """Banners with a text in each field that is read."""
    page = {"title": text, "server": text, "html": f"<h1>{text}</h1><title>{text}</title>", "favicon": {"hash": 1}}
    page |= {"location": text, "redirects": [{"location": text}]}
    name = dict.fromkeys(("CN", "OU", "O", "L", "ST"), text)
    blocks = {
        "hikvision": ("device_model", "device_version", "web_version"),
        "ip_camera": ("brand", "model", "software_version", "mac_address", "id"),
        "upnp": ("manufacturer", "model_name", "model_number", "serial_number", "udn"),
        "dahua": ("serial_number",),
        "dahua_dvr_web": ("web_version",),
    }
    fields = ("product", "version", "devicetype", "org", "isp", "title", "html")
    line = text.replace("\n", " ")
    description = '<root xmlns="urn:schemas-upnp-org:device-1-0">' + "".join(
        f"<{name}>{text}</{name}>"
        for name in ("friendlyName", "manufacturer", "modelName", "modelNumber", "serialNumber", "UDN")
    )
    heads = [
        f'HTTP/1.1 401 x\r\nServer: {line}\r\nWWW-Authenticate: Basic realm="{line}"\r\n\r\n{text}',
        f'RTSP/1.0 401 x\r\nServer: {line}\r\nWWW-Authenticate: Digest realm="{line}"\r\n\r\n',
        f"SIP/2.0 200 OK\r\nUser-Agent: {line}\r\n\r\n",
        f"220 {text} FTP server",
        f"{text} login: ",
        f"x DHIP {text}",
        f"onvif://www.onvif.org/type/x {text}",
        f"sysDescr: {text}",
        f"HTTP/1.1 302 x\r\nLocation: http://192.168.7.20/{line}\r\n\r\nKestrel DVR:\n  Web Version: {line}\n",
        f"NOTIFY * HTTP/1.1\r\nNT: x\r\nServer: {line}\r\nLocation: {line}\r\nUSN: uuid:{line}::x\r\n",
        description,
        f"<d:Types>{text}</d:Types><d:Address>urn:{line}</d:Address>onvif://www.onvif.org/hardware/{line}",
    ]
    modules = ("http", "rtsp-tcp", "sip", "ftp", "telnet", "dhip", "onvif", "snmp", "http", "upnp", "upnp", "onvif")
    parsed = {block: dict.fromkeys(names, text) for block, names in blocks.items()}
    return [
        banner(
            http=page,
            ssl={"cert": {"subject": name, "issuer": name}},
            tags=[text],
            cpe=[text],
            mac={text: {}},
            location={"country_code": "GB", "region_code": text, "city": text},
            vulns={text: {}},
            snmp={"description": text},
            **parsed,
        ),
        banner(http=None, **dict.fromkeys(fields, text)),
        *(
            banner(http=None, data=data, _shodan={"module": module})
            for data, module in zip(heads, modules, strict=True)
        ),
    ]


@pytest.mark.slow
def test_no_spelling_gets_into_a_table(tmp_path: Path) -> None:
    rows = [
        found | {"ip_str": f"81.2.{n // 250}.{n % 250 + 1}", "ip": None}
        for n, found in enumerate(found for text in SPELLINGS for found in banners(text))
    ]
    write_lines(tmp_path / "data" / "a" / "raw" / "a.json", rows)
    (tmp_path / "study.toml").write_text('title = "t"\nvendors = ["Axis"]\n')
    run(load_study(tmp_path / "study.toml"), Reporter(), report=False)
    for table in (OBSERVATIONS, IDENTIFIED):
        found = pq.read_table(tmp_path / "data" / "a" / f"{table.name}.parquet")
        assert found.num_rows == len(rows)
        leaks = [row for row in found.to_pylist() if MARK.lower() in json.dumps(row).lower()]
        assert leaks == []
