"""What devices announce of themselves is read element by element; what owners write is not."""

import time

import pytest

from camcensus.identify.catalogue import Catalogue
from camcensus.ingest.discovery import (
    block_text,
    description_of,
    endpoint_of,
    maker_in,
    onvif_scopes,
    onvif_types,
    path_of,
)
from camcensus.ingest.makers import MAKERS

ONVIF = "onvif://www.onvif.org/"
ROOT = '<root xmlns="urn:schemas-upnp-org:device-1-0"><device>'


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("<d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types>", "NetworkVideoTransmitter Device"),
        ('<wsdd:Types xmlns:x="http://acme.example/">x:Device</wsdd:Types>', "Device"),
        ("<Types>\n_0:NetworkVideoDisplay\n</Types>", "NetworkVideoDisplay"),
        ("<d:Types>a:Device</d:Types><d:Types>b:Device</d:Types>", "Device"),
        ("<d:Types>a:Device x:attic</d:Types>", "Device"),
        ("<d:Types>owner: attic</d:Types>", None),
        ("<d:Types></d:Types>", None),
        ("<d:Types>a:Device", None),
        ("<d:TypesOfAttic>attic</d:TypesOfAttic>", None),
        ("", None),
    ],
)
def test_types_in_an_onvif_reply(text: str, types: str | None) -> None:
    assert onvif_types(text) == types


@pytest.mark.parametrize(
    ("scope", "kept"),
    [
        ("type/video_encoder", "type/video_encoder"),
        ("Type/ptz", "type/ptz"),
        ("hardware/ACME%2D100", "hardware/ACME-100"),
        ("profile/Streaming", "Profile/Streaming"),
        ("manufacturer/Acme%20Vision%0aInc", "manufacturer/Acme Vision Inc"),
        ("mfr/Acme", "mfr/Acme"),
        ("name/Foscam", "name/Foscam"),
        ("name/MOBOTIX%20attic", "name/MOBOTIX"),
        ("name/Arecont%20Vision%20attic", "name/Arecont Vision"),
        ("name/VIVOTEK_attic", "name/VIVOTEK"),
        ("name/attic", ""),
        ("name/attic%20Foscam", ""),
        ("name/Foscams", ""),
        ("name/", ""),
        ("name", ""),
        ("location/attic", ""),
        ("Location/city/attic", ""),
        ("MAC/00:40:8c:12:34:56", ""),
        ("serial/attic", ""),
        ("hardware/", ""),
    ],
)
def test_scopes_of_listed_kinds_are_kept(scope: str, kept: str) -> None:
    assert onvif_scopes(f"<d:Scopes>{ONVIF}{scope}</d:Scopes>") == (ONVIF + kept if kept else "")


def test_each_scope_once_and_no_address_of_the_service() -> None:
    text = f"{ONVIF}type/x {ONVIF}name/attic {ONVIF}type/x</d:Scopes><d:XAddrs>http://192.168.1.9/onvif</d:XAddrs>"
    assert onvif_scopes(text) == f"{ONVIF}type/x"
    assert onvif_scopes("onvif://other.example/type/x") == ""


def test_names_of_makers_are_the_catalogue_s(catalogue: Catalogue) -> None:
    known = {name.lower() for name in (*catalogue.makers, *(brand.name for brand in catalogue.brands))}
    words = known | {word for name in known for word in name.split()}
    assert words >= MAKERS - {"tapo"}, "Tapo is TP-Link's name for its cameras"
    assert maker_in("Tapo_C999") == "Tapo"


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        (f"{ONVIF}MAC/00:40:8c:12:34:56 {ONVIF}x", "00:40:8c:12:34:56"),
        ("<a:Address>urn:uuid:1-00408c123456</a:Address>", "urn:uuid:1-00408c123456"),
        ("<a:Address>http://192.168.1.9</a:Address>", None),
        ("", None),
    ],
)  # fmt: skip
def test_the_endpoint_of_an_onvif_reply(text: str, endpoint: str | None) -> None:
    assert endpoint_of(text) == endpoint


def test_the_root_device_of_a_upnp_description() -> None:
    text = (
        f"{ROOT}<friendlyName>attic</friendlyName><manufacturer>A &amp; B</manufacturer><modelName> X1 </modelName>"
        "<modelNumber>2</modelNumber><serialNumber>77</serialNumber><UDN>uuid:1</UDN><presentationURL>http://192.168.1.9"
        "</presentationURL><deviceList><device><modelName>Y</modelName></device></deviceList></device></root>"
    )
    assert description_of(text) == {
        "upnp_manufacturer": "A & B",
        "upnp_model_name": "X1",
        "upnp_model_number": "2",
        "upnp_serial_number": "77",
        "upnp_udn": "uuid:1",
    }


@pytest.mark.parametrize(
    "text",
    [
        "<modelName>X1</modelName>",
        "<p>urn:schemas-upnp-org:device</p>",
        f"{ROOT}<modelName>X1",
        f"{ROOT}<modelName>X1</manufacturer>",
        f"{ROOT}<modelNameOf>X1</modelNameOf>",
        "",
    ],
)
def test_other_xml_is_no_description(text: str) -> None:
    assert description_of(text) == {}


def test_entities_of_a_description_are_not_expanded() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
    assert description_of(f"{bomb}{ROOT}<modelName>&b;&c;&#65;</modelName>") == {"upnp_model_name": "&b;&c;&#65;"}


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("http://cam.example:8080/web/viewer.html?user=a&pwd=b#top", "/web/viewer.html"),
        ("//cam.example/doc/page/index.asp", "/doc/page/index.asp"),
        ("https:/live.htm", "/live.htm"),
        ("sso/start.action", "sso/start.action"),
        ("/view.cgi;jsessionid=12", "/view.cgi"),
        ("/0123456789abcdef0123/main.htm", "/*/main.htm"),
        ("/k2N4f8s0D9f7g6h5j4K3l2/main.htm", "/*/main.htm"),
        ("/joe@mail.example/x.htm", "/*/x.htm"),
        ("/go/192.168.1.9/x.htm", "/go/*/x.htm"),
        ("/~joe/x.htm", "/*/x.htm"),
        ("/name%2Fjoe/x.htm", "/*/x.htm"),
        ("HTTPS://cam.example/x.htm", "/x.htm"),
        ("owner: joe", None),
        ("ftp://joe/x.htm", None),
        ("javascript:go(1)", None),
        ("/a b", None),
        ("/café", None),
        ("/pwd=1/x.htm", "/*/x.htm"),
        ("http://cam.example", None),
        ("http://cam.example/", None),
        ("/0123456789abcdef0123/", None),
        ("/", None),
        ("", None),
        ("?a=b", None),
        (None, None),
    ],
)
def test_the_path_of_a_redirect(location: str | None, path: str | None) -> None:
    assert path_of(location) == path


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Acme DVR:\n  Web Version: 3.2.1\n  Channel Names: attic\n", "Acme DVR: Web Version: 3.2.1"),
        (
            "Acme IP Camera:\r\n  Device Name: attic\r\n  Device Model: X-1\r\n  Device Version: V5\r\n",
            "Acme IP Camera: Device Model: X-1; Device Version: V5",
        ),
        ("Acme DVR:\n  Channel Names: attic\n", None),
        ("Acme DVR: our shop\n  Web Version: 3\n", None),
        ("See Acme\nAcme DVR:\n  Web Version: 3\n", None),
        ("Acme Router:\n  Web Version: 3\n", None),
        ("Acme DVR:\nWeb Version: 3\n", None),
        ("", None),
    ],
)
def test_a_block_that_the_engine_wrote_as_text(text: str, kept: str | None) -> None:
    assert block_text(text) == kept


HOSTILE = (
    "<d:Types>", "<Types ", "<a:Address>urn:", ONVIF, f"{ONVIF}name/", f"{ONVIF}type/%", f"{ONVIF}name/a ",
    f"{ONVIF}MAC/00", ROOT, "<modelName>", "<modelName>&amp;", "http:", "//", "/a1", "a1-", "0a-", "@", "/@", "1.",
    "Acme DVR:\n", "Acme DVR:\n a: b\n", " Version: ", "A DVR",
)  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_text_makes_it_slow(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    start = time.process_time()
    for function in (onvif_types, onvif_scopes, endpoint_of, description_of, path_of, block_text):
        function(text)
        function(ROOT + text)
    assert time.process_time() - start < 1
