"""Names and words in what devices write: devices' own phrases are read, shops, blogs and other devices are not."""

import pickle

import pytest

from camcensus.identify.catalogue import Catalogue
from camcensus.identify.entries import Maker
from camcensus.identify.matcher import Identifier
from camcensus.identify.phrases import Phrases
from camcensus.identify.verdict import Verdict

KESTREL = Maker(
    manufacturer="Kestrel Optics",
    names=("Kestrel Optics", "KestrelCam"),
    organisations=("Kestrel Optics B.V.",),
    range="only",
    series=("KO-",),
)
OWL = Maker(manufacturer="Owl Works", names=("Owl Works",), range="mixed")


@pytest.fixture(scope="module")
def instrument(catalogue: Catalogue) -> Identifier:
    """The instrument, for two invented makers: one of cameras alone, one of many things."""
    return Identifier(Catalogue((KESTREL, OWL), (), (), (), (), catalogue.words))


def of(instrument: Identifier, **evidence: str) -> Verdict:
    """Return the verdict over some evidence."""
    return instrument.identify(evidence)


@pytest.mark.parametrize(
    ("column", "text", "kind"),
    [
        ("http_server", "Kestrel Optics Camera", "camera"),
        ("http_server", "KESTREL-OPTICS network_camera/2.1", "camera"),
        ("http_title", "Kestrel Optics - Network Video Recorder", "recorder"),
        ("http_title", "Kestrel Optics KO-2200D camera", "camera"),
        ("http_realm", "Owl Works DVR", "recorder"),
        ("rtsp_server", "Owl Works IP Camera 1.0", "camera"),
        ("snmp_description", "Owl Works dome camera, build of the seventh release candidate", "camera"),
        ("upnp_model_name", "Owl Works Video Encoder", "encoder"),
        ("telnet_banner", "Welcome to Owl Works ipcam\r\nlogin: ", "camera"),
        ("cert_subject", "CN=192.0.2.1,OU=IP Camera,O=Owl Works Ltd.", "camera"),
        ("product", "Owl Works IP camera http config", "camera"),
        (
            "onvif_scopes",
            "onvif://www.onvif.org/type/x onvif://www.onvif.org/name/Owl%20Works%20camera",
            "camera",
        ),
        ("http_realm", "Owl Works TV-IP900 camera", "camera"),
        ("http_title", "Owl Works Cámara IP", "camera"),
        ("http_title", "Owl Works 网络摄像机", "camera"),
        ("http_title", "Owl Works сетевая камера", "camera"),
    ],
)
def test_a_name_with_a_word_is_maker_and_kind(instrument: Identifier, column: str, text: str, kind: str) -> None:
    found = of(instrument, **{column: text})
    assert found.manufacturer in ("Kestrel Optics", "Owl Works")
    assert (found.manufacturer_confidence, found.product_type, found.type_confidence) == ("medium", kind, "medium")
    assert found.counted


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("http_title", "Kestrel Optics cameras at the best price"),
        ("http_title", "Buy Kestrel Optics IP Camera | Shop"),
        ("http_title", "How I installed my Kestrel Optics camera"),
        ("http_title", "Kestrel Optics network camera blog"),
        ("http_title", "Kestrel Optics"),
        ("http_title", "Camera"),
        ("http_title", "DVR"),
        ("http_title", "Our cameras in the valley"),
        ("http_title", "Living with an IP camera"),
        ("http_title", "Вся правда про IP камера"),
        ("http_server", "Owl Works projector"),
        ("http_realm", "Owl Works router"),
        ("http_realm", "Owl Works"),
        ("http_realm", "NVR900"),
        ("snmp_description", "Owl Works laser printer with camera slot"),
        ("telnet_banner", "Owl Works switch\r\nlogin: "),
        ("cert_subject", "CN=camera.kestrel.example,O=Harbour Camera Installations"),
        ("http_server", "Television DVR"),
        ("product", "Owl Works IP camera ftpd"),
        ("product", "Harbour media server with camera"),
        ("upnp_model_name", "Owl Works Media Player"),
    ],
)
def test_another_text_is_not_counted(instrument: Identifier, column: str, text: str) -> None:
    assert not of(instrument, **{column: text}).counted


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("http_title", "5MP Wireless Network Camera"),
        ("http_realm", "Outdoor IP Camera"),
        ("http_realm", "Ipcam"),
        ("telnet_banner", "Welcome to IP Camera telnet service\r\nlogin: "),
        ("http_title", "DVR Login"),
        ("http_title", "网络摄像机 登录"),
    ],
)
def test_a_phrase_of_a_device_needs_no_maker(instrument: Identifier, column: str, text: str) -> None:
    found = of(instrument, **{column: text})
    assert (found.counted, found.manufacturer) == (True, None)


def test_a_name_as_the_whole_text_is_the_maker(instrument: Identifier) -> None:
    found = of(instrument, http_realm="Owl Works")
    assert (found.manufacturer, found.manufacturer_confidence, found.product_type) == ("Owl Works", "medium", None)


def test_two_names_are_no_maker(instrument: Identifier) -> None:
    assert of(instrument, http_realm="Owl Works Kestrel Optics camera").manufacturer is None


def test_a_name_inside_a_word_is_not_one(instrument: Identifier) -> None:
    assert of(instrument, http_realm="MyKestrelCams camera").manufacturer is None


def test_a_word_in_another_field_makes_it_video(instrument: Identifier) -> None:
    found = of(instrument, http_realm="Owl Works", http_title="Camera")
    assert (found.product_type, found.counted, found.candidate) == ("video", True, None)
    assert not of(instrument, http_title="Camera", http_server="Boa").counted


def test_words_that_nothing_counts_are_a_candidate(instrument: Identifier) -> None:
    found = of(instrument, http_title="Our cameras in the valley", http_server="Harbour DVR Server")
    assert (found.counted, found.candidate) == (False, "cameras dvr")
    assert of(instrument, http_title="Welcome", http_server="nginx").candidate is None


def test_what_is_known_as_something_else_is_no_candidate(instrument: Identifier) -> None:
    found = of(instrument, http_realm="Owl Works", snmp_description="Owl Works router with camera port")
    assert (found.product_type, found.candidate) == ("other", None)


def test_a_registered_organisation_is_the_maker(instrument: Identifier) -> None:
    found = of(instrument, mac_organisation="KESTREL OPTICS B.V.")
    assert (found.manufacturer, found.signatures) == (
        "Kestrel Optics",
        ("kestrel-optics.organisation", "kestrel-optics.range"),
    )
    assert of(instrument, mac_organisation="Kestrel Optics Holding").manufacturer is None


def test_the_range_of_a_maker_is_its_kind(instrument: Identifier) -> None:
    found = of(instrument, http_realm="Kestrel Optics")
    assert (found.product_type, found.type_confidence, found.counted) == ("video", "medium", True)
    assert "kestrel-optics.range" in found.signatures


@pytest.mark.parametrize("text", ["Kestrel Optics Switch", "Kestrel Optics door station", "Kestrel Optics IP phone"])
def test_other_evidence_excludes_the_range(instrument: Identifier, text: str) -> None:
    assert not of(instrument, http_realm=text).counted


def test_an_unknown_model_counts_only_in_the_makers_series(instrument: Identifier) -> None:
    inside = of(instrument, upnp_manufacturer="Kestrel Optics", upnp_model_name="KO-9000X")
    assert (inside.product_type, inside.type_confidence, inside.model) == ("video", "medium", None)
    assert inside.model_raw == "KO-9000X"
    outside = of(instrument, upnp_manufacturer="Kestrel Optics", upnp_model_name="SW-24")
    assert (outside.counted, outside.product_type, outside.model_raw) == (False, None, "SW-24")


def test_a_long_text_is_read_in_bounded_time(instrument: Identifier) -> None:
    assert not of(instrument, http_title="camera " * 100_000 + "shop").counted


def test_phrases_can_be_sent_to_another_process(catalogue: Catalogue) -> None:
    phrases = Phrases((KESTREL,), catalogue.words)
    expected = tuple(phrases.hits("http_realm", ["Kestrel Optics camera"])[0])
    assert tuple(pickle.loads(pickle.dumps(phrases)).hits("http_realm", ["Kestrel Optics camera"])[0]) == expected != ()


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        ("http_realm", ("Four4 Eyes camera 12", "Four5 Eyes camera 12")),
        ("http_realm", ("Four4_Eyes--camera 12", "Four5_Eyes--camera 12")),
        ("http_title", ("Kestrel Optics KO-2200D camera", "Kestrel Optics KO-9999D camera")),
        ("http_server", ("h264dvr 1.0", "h265dvr 1.0")),
        ("cert_subject", ("O=%4Bestrel Optics camera", "O=%5Bestrel Optics camera")),
        ("telnet_banner", ("camera kestreloptics 1", "camera2 kestreloptics 1")),
    ],
)
def test_what_was_read_before_changes_nothing(catalogue: Catalogue, column: str, texts: tuple[str, str]) -> None:
    four = Maker(manufacturer="Four", names=("Four4 Eyes",), range="only")
    for order in (texts, texts[::-1]):
        used = Phrases((KESTREL, four), catalogue.words)
        for text in order:
            alone = Phrases((KESTREL, four), catalogue.words).hits(column, [text])[0]
            assert tuple(used.hits(column, [text])[0]) == tuple(alone), text
