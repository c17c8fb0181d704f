"""Verdicts: how sure, of whom, of what; and the traps that contaminate a count of cameras."""

from dataclasses import replace

import pytest

from camcensus.core.tables import COUNTED_TYPES
from camcensus.identify.catalogue import Catalogue
from camcensus.identify.entries import Brand
from camcensus.identify.matcher import Identifier
from camcensus.identify.verdict import Verdict

SERIAL = "1A2B3C4PAA00001"
MAC = "00408C123456"


class Asked:
    """Asks for the verdict over some evidence."""

    def __init__(self, identifier: Identifier) -> None:
        self.identifier = identifier

    def __call__(self, **evidence: str) -> Verdict:
        return self.identifier.identify(evidence)


@pytest.fixture(scope="module")
def verdict(identifier: Identifier) -> Asked:
    """What some evidence comes to."""
    return Asked(identifier)


# --- how sure ---


def test_nothing_says_nothing(verdict: Asked) -> None:
    assert verdict() == verdict(http_server="nginx", http_title="Welcome") == Verdict()


def test_a_protocol_of_the_makers_own_is_high(verdict: Asked) -> None:
    found = verdict(block="hikvision")
    assert (found.manufacturer, found.manufacturer_confidence) == ("Hikvision", "high")
    assert (found.product_type, found.type_confidence, found.counted) == ("video", "high", True)


def test_one_specific_token_is_medium(verdict: Asked) -> None:
    found = verdict(http_server="App-webs/")
    assert (found.manufacturer_confidence, found.type_confidence, found.counted) == ("medium", "medium", True)


def test_two_specific_tokens_from_two_places_are_high(verdict: Asked) -> None:
    found = verdict(http_server="App-webs/", http_html="location = '/doc/page/login.asp'")
    assert (found.manufacturer_confidence, found.type_confidence) == ("high", "high")


@pytest.mark.parametrize(
    "evidence",
    [
        {"http_html": "'/doc/page/login.asp' Hikvision Digital Technology Co."},
        {"http_title": "AXIS M1014 Network Camera", "http_html": "<title>AXIS M1014 Network Camera</title>"},
        {"cert_subject": "CN=x,O=HIKVISION", "cert_issuer": "CN=x,O=HIKVISION"},
    ],
)
def test_two_specific_tokens_in_one_place_are_one(verdict: Asked, evidence: dict[str, str]) -> None:
    found = verdict(**evidence)
    assert len(found.signatures) >= 1
    assert found.manufacturer_confidence == "medium"


def test_a_guess_is_low_and_does_not_count(verdict: Asked) -> None:
    found = verdict(rtsp_server="Rtsp Server/3.0", http_title="WEB SERVICE", module="dahua-dvr")
    assert (found.manufacturer, found.manufacturer_confidence) == ("Dahua", "low")
    assert (found.type_confidence, found.counted) == ("low", False)


def test_certain_of_the_maker_is_not_certain_of_the_kind(verdict: Asked) -> None:
    found = verdict(upnp_manufacturer="D-Link", cert_subject="CN=x,O=D-Link")
    assert (found.manufacturer, found.manufacturer_confidence) == ("D-Link", "high")
    assert (found.type_confidence, found.counted) == (None, False)


def test_a_maker_of_mostly_cameras_is_certain_enough_of_the_kind(verdict: Asked) -> None:
    found = verdict(http_title="AXIS", http_realm=f"AXIS_{MAC}", cert_subject=f"CN=axis-{MAC.lower()}")
    assert (found.manufacturer, found.manufacturer_confidence) == ("Axis", "high")
    assert (found.product_type, found.type_confidence, found.counted) == ("video", "medium", True)
    assert "axis.range" in found.signatures


def test_two_makers_with_equal_evidence_are_none(verdict: Asked) -> None:
    found = verdict(http_server="App-webs/", rtsp_realm=f"Login to {SERIAL}")
    assert (found.manufacturer, found.manufacturer_confidence, found.model) == (None, None, None)
    assert found.counted


def test_stronger_evidence_settles_between_makers(verdict: Asked) -> None:
    found = verdict(http_server="App-webs/", rtsp_realm=f"Login to {SERIAL}", block="dahua")
    assert (found.manufacturer, found.manufacturer_confidence) == ("Dahua", "high")


def test_evidence_in_another_order_gives_the_same_verdict(verdict: Asked) -> None:
    evidence = {"http_server": "App-webs/", "block": "hikvision ip_camera", "hikvision_device_model": "DS-2CD2032-I"}
    assert verdict(**evidence) == verdict(**dict(reversed(evidence.items())))


def test_software_beats_video(verdict: Asked) -> None:
    found = verdict(http_server="IP Webcam Server 0.4", http_title="IP Camera", rtsp_server="Hipcam RealServer/V1.0")
    assert (found.product_type, found.counted) == ("software", False)


def test_camera_and_recorder_in_one_banner_are_video(verdict: Asked) -> None:
    found = verdict(block="hikvision", hikvision_device_model="DS-7608NI-K2/8P", http_title="DS-2CD2032-I")
    assert (found.product_type, found.type_confidence, found.counted) == ("video", "high", True)


def test_a_protocol_that_says_video_gives_way_to_a_model_that_says_which(verdict: Asked) -> None:
    assert verdict(block="hikvision", hikvision_device_model="DS-7608NI-K2/8P").product_type == "recorder"


def test_evidence_for_a_kind_supports_video_and_not_the_other_kind(verdict: Asked) -> None:
    found = verdict(http_server="App-webs/", http_realm="IP Camera(C1234)")
    assert (found.product_type, found.type_confidence) == ("camera", "high")


# --- what names nobody ---

GENERIC = (
    "webserver", "Webs", "Boa", "Boa/0.94.14rc21", "thttpd", "thttpd/2.25b 29dec2003", "GoAhead", "GoAhead-Webs",
    "mini_httpd", "mini_httpd/1.19 19dec2003", "uc-httpd", "lighttpd/1.4.39", "Apache", "",
)  # fmt: skip


@pytest.mark.parametrize("server", GENERIC)
def test_a_generic_web_server_names_no_maker(verdict: Asked, server: str) -> None:
    found = verdict(http_server=server)
    assert found.manufacturer_confidence in (None, "low")
    assert (found.brand, found.counted) == (None, False)
    assert found.manufacturer is None


@pytest.mark.parametrize("server", ["Rtsp Server/2.0", "Rtsp Server/3.0", "RealServer"])
def test_a_generic_rtsp_server_names_no_maker(verdict: Asked, server: str) -> None:
    found = verdict(rtsp_server=server)
    assert found.manufacturer_confidence in (None, "low")
    assert not found.counted


@pytest.mark.parametrize(
    ("evidence", "kind"),
    [
        ({"rtsp_server": "Hipcam RealServer/V1.0"}, "camera"),
        ({"rtsp_server": "H264DVR 1.0"}, "video"),
        ({"http_server": "uc-httpd 1.0.0"}, "video"),
    ],
)
def test_a_firmware_family_is_counted_without_a_sure_maker(verdict: Asked, evidence: dict[str, str], kind: str) -> None:
    found = verdict(**evidence)
    assert (found.counted, found.product_type) == (True, kind)
    assert found.manufacturer_confidence in (None, "low")


@pytest.mark.slow
def test_what_the_engine_guesses_never_counts_alone(catalogue: Catalogue, identifier: Identifier) -> None:
    counted = []
    for rule in catalogue.signatures:
        if rule.column in ("product", "devicetype", "cpe"):
            counted += [rule.id for text in rule.examples if identifier.identify({rule.column: text}).counted]
    for model in catalogue.models:
        for text in model.examples:
            guess = {"product": f"{text} httpd", "devicetype": "webcam", "cpe": f"cpe:/h:x:{text}"}
            counted += [model.id] * identifier.identify(guess).counted
    # What is left is the one name of a device, the engine's own parser, or a rule for one product.
    assert {rule for rule in counted if ".product." not in rule} <= {"matrix-comsec.model", "y-cam.model.named"}


def test_a_guess_on_a_shared_service_never_counts(catalogue: Catalogue, identifier: Identifier) -> None:
    for maker in catalogue.about:
        for name in maker.names:
            for service in ("ftpd", "telnetd", "BusyBox telnetd"):
                assert not identifier.identify({"product": f"{name} IP camera {service}"}).counted, name


def test_what_the_engine_names_as_no_camera_is_not_counted(catalogue: Catalogue, identifier: Identifier) -> None:
    counted = []
    for rule in catalogue.signatures:
        if rule.column in ("product", "devicetype", "cpe") and rule.type not in COUNTED_TYPES:
            counted += [rule.id for text in rule.examples if identifier.identify({rule.column: text}).counted]
    for model in catalogue.models:
        if model.type is not None and model.type not in COUNTED_TYPES:
            for text in model.examples:
                guess = {"product": f"{model.manufacturer} {text} webcam", "devicetype": "webcam"}
                counted += [model.id] * identifier.identify(guess).counted
    assert counted == []


def test_a_guessed_model_names_no_maker_for_sure(verdict: Asked) -> None:
    found = verdict(product="DS-2CD2032-I")
    assert (found.manufacturer, found.manufacturer_confidence, found.counted) == ("Hikvision", "low", False)


# --- brand is not manufacturer ---


def test_a_brand_and_its_maker_agree(verdict: Asked) -> None:
    found = verdict(upnp_manufacturer="Amcrest", rtsp_realm=f"Login to {SERIAL}")
    assert (found.manufacturer, found.brand, found.counted) == ("Dahua", "Amcrest", True)


def test_a_brands_models_are_known_by_its_makers_protocol(verdict: Asked) -> None:
    found = verdict(dhip_reply='{"Vendor":"Amcrest","DeviceType":"IP4M-1026EB"}')
    assert (found.manufacturer, found.brand) == ("Dahua", "Amcrest")
    assert (found.model, found.product_type, found.counted) == ("IP4M-1026EB", "camera", True)


def test_a_model_says_more_than_words(verdict: Asked) -> None:
    found = verdict(upnp_manufacturer="Reolink", upnp_model_name="Video Doorbell PoE")
    assert (found.model, found.product_type) == ("VIDEO DOORBELL POE", "camera")


def test_onvif_scopes_name_the_maker(verdict: Asked) -> None:
    scopes = "onvif://www.onvif.org/name/AXIS%20M3046-V onvif://www.onvif.org/hardware/M3046-V"
    found = verdict(onvif_scopes=scopes)
    assert (found.manufacturer, found.model, found.product_type) == ("Axis", "M3046-V", "camera")


@pytest.mark.parametrize("brand", ["Q-See", "Hikvision", "Swann", "CP Plus", "Annke", "ABUS"])
def test_the_text_of_a_brand_names_no_maker(verdict: Asked, brand: str) -> None:
    found = verdict(block="ip_camera", ip_camera_brand=brand)
    assert (found.brand, found.manufacturer, found.counted) == (brand, None, True)


@pytest.fixture(scope="module")
def sure_of_brand(catalogue: Catalogue) -> Asked:
    """Verdicts of a catalogue that is sure who made one brand, and not who made another."""
    told = {"relation": "own line", "source": "made up"}
    sure = Brand(name="HiWatch", manufacturer=["Hikvision"], period="2014-2026", confidence="high", **told)
    unsure = Brand(name="Annke", manufacturer=["Hikvision", "Dahua"], period="2020", confidence="high", **told)
    return Asked(Identifier(replace(catalogue, brands=(sure, unsure))))


def test_a_brand_of_high_confidence_names_its_maker(sure_of_brand: Asked) -> None:
    found = sure_of_brand(block="ip_camera", ip_camera_brand="HiWatch")
    assert (found.brand, found.manufacturer, found.manufacturer_confidence) == ("HiWatch", "Hikvision", "medium")


def test_a_brand_of_two_makers_names_neither(sure_of_brand: Asked) -> None:
    assert sure_of_brand(block="ip_camera", ip_camera_brand="Annke").manufacturer is None


def test_a_brand_of_high_confidence_outweighs_a_guess(sure_of_brand: Asked) -> None:
    found = sure_of_brand(block="ip_camera", ip_camera_brand="HiWatch", rtsp_server="Rtsp Server/3.0")
    assert (found.manufacturer, found.manufacturer_confidence) == ("Hikvision", "medium")


def test_a_brand_does_not_outweigh_the_protocol(sure_of_brand: Asked) -> None:
    assert sure_of_brand(block="dahua ip_camera", ip_camera_brand="HiWatch").manufacturer == "Dahua"


def test_two_brands_are_none(verdict: Asked) -> None:
    assert verdict(http_favicon="-1351901211", ip_camera_brand="Acme").brand is None


def test_an_icon_of_a_brand_keeps_the_maker(verdict: Asked) -> None:
    found = verdict(http_favicon="-1351901211")
    assert (found.brand, found.manufacturer) == ("Luma Surveillance", "Hikvision")


def test_a_header_of_a_family_names_no_brand(verdict: Asked) -> None:
    found = verdict(http_server="DNVRS-Webs")
    assert (found.manufacturer, found.brand, found.product_type) == ("Hikvision", None, "video")


# --- traps ---

NOT_CAMERAS = {
    "Arista switch, SNMP": {"snmp_description": "Arista Networks EOS version 4.20 on an Arista Networks DCS-7050S-64"},
    "Arista switch, realm": {"http_realm": "DCS-7050S-64"},
    "Arista switch, title": {"http_title": "DCS-7280SR-48C6"},
    "Milesight router": {"http_title": "UR32L"},
    "Milesight router, UPnP": {"upnp_manufacturer": "Milesight", "upnp_model_name": "UR35"},
    "Grandstream phone": {"sip_user_agent": "Grandstream GXP2170 1.0.9.121"},
    "Grandstream video phone": {"http_title": "Grandstream GXV3275"},
    "TiVo": {"http_server": "tivo-httpd-1:20.2.1.2-01-2:748", "http_title": "TiVo DVR", "devicetype": "media device"},
    "TiVo by nmap": {"product": "TiVo DVR httpd", "devicetype": "media device"},
    "Polycom conferencing": {"http_title": "Polycom RealPresence Group 500", "devicetype": "webcam"},
    "conferencing by nmap": {"product": "Tandberg MXP video conferencing system httpd", "devicetype": "webcam"},
    "Axis speaker": {"http_title": "AXIS C1310-E Network Speaker", "http_realm": f"AXIS_{MAC}"},
    "Axis door controller": {"ftp_banner": "220 AXIS A1001 Network Door Controller 1.40 ready.", "http_title": "AXIS"},
    "Axis door station": {"sip_user_agent": "AXIS A8105-E Network Video Door Station"},
    "Axis, any": {"http_title": "AXIS"},
    "Axis print server": {"ftp_banner": "220 AXIS 5400 FTP Print Server V6.10 ready."},
    "AVTECH of the US": {"http_title": "AVTECH Room Alert 3E"},
    "D-Link router": {"http_realm": "DIR-615", "upnp_manufacturer": "D-Link Corporation"},
    "TP-Link router": {"http_realm": "TP-LINK Wireless N Router WR841N"},
    "Intelbras router": {"http_title": "Intelbras"},
    "a wiki": {"http_title": "Hiki Wiki", "http_html": "hiki"},
    "Dahua door station": {"dhip_reply": '"Vendor" : "Dahua", "DeviceClass" : "VTO", "DeviceType" : "VTO2000A"'},
    "Dahua door station behind the login": {"rtsp_realm": f"Login to {SERIAL}", "http_title": "VTO2000A"},
    "Hikvision terminal": {"http_title": "DS-K1T341AM", "http_server": "App-webs/"},
    "Hikvision platform": {"http_favicon": "-911494769"},
    "Dahua platform": {"http_favicon": "-1935899595"},
    "an icon of two lists": {"http_favicon": "999357577"},
    "Blue Iris": {"http_server": "BlueIris-HTTP/1.1", "http_title": "Blue Iris Login"},
    "ZoneMinder": {"http_title": "ZM - Login"},
    "Mobotix pattern": {"http_title": "M12 P25 Q24"},
    "Tapo pattern": {"http_title": "HP Color LaserJet C200"},
    "Axis pattern": {"http_title": "P1344 M1014"},
    "an ONVIF name alone": {"onvif_scopes": "onvif://www.onvif.org/hardware/IPC-100"},
    "UPnP alone": {"upnp_manufacturer": "Panasonic", "upnp_serial_number": "00005E005301"},
    "a printer called Canon": {"http_server": "CANON HTTP Server"},
}  # fmt: skip


@pytest.mark.parametrize("trap", NOT_CAMERAS)
def test_what_looks_like_a_camera_is_not_counted(verdict: Asked, trap: str) -> None:
    assert not verdict(**NOT_CAMERAS[trap]).counted


@pytest.mark.parametrize(
    "trap", ["Arista switch, SNMP", "Arista switch, realm", "Arista switch, title", "TiVo by nmap"]
)
def test_a_like_name_is_not_the_maker(verdict: Asked, trap: str) -> None:
    assert verdict(**NOT_CAMERAS[trap]).manufacturer is None


@pytest.mark.parametrize(
    ("trap", "kind"),
    [("Axis speaker", "other"), ("Axis door controller", "access_control"), ("Axis door station", "intercom"),
     ("Milesight router, UPnP", "other"), ("Grandstream phone", "other"), ("Dahua door station", "intercom"),
     ("Dahua door station behind the login", "intercom"), ("Hikvision terminal", "access_control"),
     ("Blue Iris", "software"), ("TiVo", "other")],
)  # fmt: skip
def test_what_is_no_camera_is_told_what_it_is(verdict: Asked, trap: str, kind: str) -> None:
    assert verdict(**NOT_CAMERAS[trap]).product_type == kind


CAMERAS = {
    "D-Link beside Arista": ({"http_realm": "DCS-932L"}, "D-Link", "camera", "DCS-932L"),
    "Grandstream camera": ({"http_title": "Grandstream GXV3610_HD"}, "Grandstream", "camera", "GXV3610_HD"),
    "Axis camera": ({"http_title": "AXIS M1014 Network Camera"}, "Axis", "camera", "M1014"),
    "Cross Web Server": ({"http_server": "Cross Web Server"}, "TVT", "video", None),
    "Dahua by realm": ({"rtsp_realm": f"Login to {SERIAL}"}, "Dahua", "video", None),
    "Lorex, so says recog": ({"rtsp_realm": "Login to ND021711012345"}, "Dahua", "video", None),
    "Dahua by token": ({"http_realm": "Login to 0123456789abcdef0123456789abcdef"}, "Dahua", "video", None),
    "an icon of cameras and recorders": ({"http_favicon": "1653394551"}, "Dahua", "video", None),
    "a recorder's certificate": ({"cert_issuer": "CN=Dahua Device NVR CA,O=Dahua"}, "Dahua", "recorder", None),
    "recog and ztag disagree": ({"http_server": "Hikvision-Webs"}, "Hikvision", "video", None),
    "Xiongmai": ({"http_title": "NETSurveillance WEB", "http_server": "uc-httpd 1.0.0"}, "Xiongmai", "video", None),
    "Arista's namesake": ({"http_realm": "DCS-7010L"}, "D-Link", "camera", "DCS-7010L"),
}


@pytest.mark.parametrize("case", CAMERAS)
def test_who_made_it_and_what_it_is(verdict: Asked, case: str) -> None:
    evidence, maker, kind, model = CAMERAS[case]
    found = verdict(**evidence)
    assert found.counted
    assert (found.manufacturer, found.product_type, found.model) == (maker, kind, model)
    assert found.brand is None


def test_a_login_of_words_is_not_dahua(verdict: Asked) -> None:
    for realm in ("Login to Administration", "Login to 12345", "login to ADSL router", "Login to MyRouter"):
        assert verdict(rtsp_realm=realm) == Verdict()


def test_decoys_are_graded_and_still_counted(verdict: Asked) -> None:
    found = verdict(http_server="App-webs/", mac="44:19:B6:7A:2C:D9", tags="cloud honeypot")
    assert (found.decoy, found.counted) == ("certain", True)
    assert verdict(http_server="App-webs/", tags="honeypot").decoy in ("likely", "certain")
    assert verdict(http_server="App-webs/", tags="anti-honeypots").decoy is None


def test_every_type_of_a_rule_is_counted_or_not_by_its_name(catalogue: Catalogue, identifier: Identifier) -> None:
    for rule in catalogue.signatures:
        for text in rule.examples:
            found = identifier.identify({rule.column: text})
            assert found.counted == (
                found.product_type in COUNTED_TYPES and found.type_confidence in ("medium", "high")
            ), rule.id


# --- models, firmware, identities ---


@pytest.mark.parametrize("written", ["ds-2cd2032-i ", " DS-2CD2032-I", "Ds-2Cd2032-i"])
def test_a_model_is_written_one_way(verdict: Asked, written: str) -> None:
    found = verdict(block="hikvision", hikvision_device_model=written.lstrip())
    assert found.model == "DS-2CD2032-I"
    assert found.model_raw is not None
    assert found.model_raw.strip() == written.strip()


def test_a_model_the_catalogue_does_not_know_is_kept_as_written_only(verdict: Asked) -> None:
    found = verdict(block="ip_camera", ip_camera_model="QC-1 (new)")
    assert (found.model, found.model_raw) == (None, "QC-1 (new)")


def test_a_model_of_another_maker_is_no_model(verdict: Asked) -> None:
    found = verdict(block="dahua", http_title="DS-2CD2032-I")
    assert (found.manufacturer, found.model) == ("Dahua", None)


def test_firmware_is_read(verdict: Asked) -> None:
    assert verdict(block="hikvision", hikvision_device_version="V5.4.5").firmware == "V5.4.5"
    assert verdict(ftp_banner="220 AXIS 205 Network Camera version 4.05").firmware == "4.05"


IDENTITIES = (
    ("rtsp_realm", f"Login to {SERIAL}", ("serial", f"Dahua:{SERIAL}")),
    ("http_realm", f"Login to {SERIAL.lower()}", ("serial", f"Dahua:{SERIAL}")),
    ("dahua_serial_number", SERIAL, ("serial", f"Dahua:{SERIAL}")),
    ("dhip_reply", f'"SerialNo" : "{SERIAL}"', ("serial", f"Dahua:{SERIAL}")),
    ("http_realm", f"AXIS_{MAC}", ("mac", MAC)),
    ("cert_subject", f"CN=axis-{MAC.lower()},O=Axis Communications AB", ("mac", MAC)),
    ("ip_camera_mac_address", "00:40:8c:12:34:56", ("mac", MAC)),
    ("rtsp_realm", "iPolis_00-40-8C-12-34-56", ("mac", MAC)),
    ("upnp_serial_number", "X1Y2Z3-4567", ("serial", ":X1Y2Z3-4567")),
)


@pytest.mark.parametrize(("column", "text", "identity"), IDENTITIES)
def test_an_identity_and_its_kind(identifier: Identifier, column: str, text: str, identity: tuple[str, str]) -> None:
    assert identifier.match(column, text).identity == identity


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("rtsp_realm", "Login to 000000000000000"), ("dahua_serial_number", "000000000"),
        ("http_realm", "AXIS_000000000000"), ("http_realm", "AXIS_FFFFFFFFFFFF"), ("http_realm", "AXIS_F0F0F0F0F0F0"),
        ("ip_camera_mac_address", "00:00:00:00:00:00"), ("upnp_serial_number", "00000000"),
        ("upnp_serial_number", "--------"), ("rtsp_realm", "Login to 0123456789abcdef0123456789abcdef"),
        ("http_server", "App-webs/"), ("cert_subject", "O=HIKVISION"),
    ],
)  # fmt: skip
def test_what_is_no_identity(identifier: Identifier, column: str, text: str) -> None:
    assert identifier.match(column, text).identity is None


def test_equal_serials_of_two_makers_are_two_identities(identifier: Identifier) -> None:
    mine = identifier.match("dahua_serial_number", SERIAL).identity
    theirs = identifier.match("upnp_serial_number", SERIAL).identity
    assert mine != theirs


def test_the_verdict_never_holds_the_identity(identifier: Identifier) -> None:
    for column, text, (_, value) in IDENTITIES:
        bare = value.rpartition(":")[2]
        assert bare not in str(identifier.identify({column: text})).upper()
