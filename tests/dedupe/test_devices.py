"""Which banner is which device: hosts by example, and what a device is then said to be."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from camcensus.core.stage_record import Flow
from tests.census import DAHUA, DAY, HIK, NOON, banner, census

# --- the same banner ---


def test_the_latest_sight_of_a_banner_is_kept(tmp_path: Path) -> None:
    found = census(tmp_path, [banner(seen_at=NOON - 5), banner(seen_at=NOON), banner(seen_at=NOON - 9)])
    assert [link["status"] for link in found.links] == ["superseded", "kept", "superseded"]
    assert [link["rule"] for link in found.links] == ["same-banner", "alone", "same-banner"]
    assert len({link["device"] for link in found.links}) == 1
    assert found.deduped.flow == Flow(
        unit="counted banners", rows_in=3, rows_out=1, dropped={"superseded by a later banner": 2}
    )


def test_another_transport_is_another_banner(tmp_path: Path) -> None:
    found = census(tmp_path, [banner(), banner(transport="udp")])
    assert [link["status"] for link in found.links] == ["kept", "kept"]


def test_equal_times_are_settled_by_file_and_line(tmp_path: Path) -> None:
    rows = [banner(file="b", line=1), banner(file="a", line=9), banner(file="b", line=2)]
    found = census(tmp_path, rows, numbered_already=True)
    assert [(k["file"], k["line"]) for k in found.kept] == [("b", 2)]


def test_what_is_not_counted_is_no_device(tmp_path: Path) -> None:
    rows = [banner(product_type="software"), banner(port=81, type_confidence="low"), banner(port=82, product_type=None)]
    found = census(tmp_path, rows)
    assert (found.links, found.devices) == ([], {})


# --- one host ---


def test_ports_that_agree_are_one_device(tmp_path: Path) -> None:
    rows = [banner(port=80, **HIK), banner(port=554, product_type="video"), banner(port=8000, **HIK, model="DS-1")]
    found = census(tmp_path, rows)
    (device,) = found.devices.values()
    assert (device["manufacturer"], device["model"], device["product_type"]) == ("Hikvision", "DS-1", "camera")
    assert device["n_banners"] == 3
    assert found.deduped.rules == {"alone": 1, "same-host": 2}


def test_two_models_are_two_devices(tmp_path: Path) -> None:
    found = census(tmp_path, [banner(port=80, **HIK, model="DS-1"), banner(port=81, **HIK, model="DS-2")])
    assert len(found.devices) == 2


def test_two_makers_are_two_devices(tmp_path: Path) -> None:
    assert len(census(tmp_path, [banner(port=80, **HIK), banner(port=81, **DAHUA)]).devices) == 2


def test_a_camera_and_a_recorder_are_two_devices(tmp_path: Path) -> None:
    assert len(census(tmp_path, [banner(port=80), banner(port=81, product_type="recorder")]).devices) == 2


def test_a_maker_by_a_guess_contradicts_nobody(tmp_path: Path) -> None:
    guess = banner(port=81, manufacturer="Dahua", manufacturer_confidence="low")
    (device,) = census(tmp_path, [banner(port=80, **HIK), guess]).devices.values()
    assert device["manufacturer"] == "Hikvision"


def test_what_says_nothing_joins_the_device_that_is_there(tmp_path: Path) -> None:
    found = census(tmp_path, [banner(port=554, product_type="video"), banner(port=80, **HIK, model="DS-1")])
    assert len(found.devices) == 1
    assert {k["port"]: k["rule"] for k in found.kept} == {80: "alone", 554: "same-host"}


def test_one_model_told_more_and_less_fully_is_one_device(tmp_path: Path) -> None:
    rows = [
        banner(port=80, **HIK, model="DS-1"),
        banner(port=554, **HIK, model="DS-1", product_type="video"),
        banner(port=81, model="DS-1", product_type="video"),
    ]
    assert len(census(tmp_path, rows).devices) == 1


def test_a_device_takes_no_second_maker_by_the_back_door(tmp_path: Path) -> None:
    # The model's own banner names no maker; another banner gives the device one, and Dahua then contradicts it.
    model = banner(port=80, model="X-1", product_type="video")
    rows = [model, banner(port=81, **HIK), banner(port=82, **DAHUA, product_type="video")]
    found = census(tmp_path, rows)
    assert len(found.devices) == 2
    assert {d["manufacturer"] for d in found.devices.values()} == {"Hikvision", "Dahua"}


def test_a_device_takes_no_second_kind_by_the_back_door(tmp_path: Path) -> None:
    rows = [
        banner(port=80, **HIK, model="DS-1", product_type="video"),
        banner(port=81, **HIK),
        banner(port=82, product_type="recorder"),
    ]
    assert len(census(tmp_path, rows).devices) == 2


def test_two_models_do_not_share_a_device_of_which_only_the_serial_is_known(tmp_path: Path) -> None:
    rows = [
        banner(port=80, product_type="video", identity="s"),
        banner(port=81, **HIK, model="DS-1"),
        banner(port=82, **HIK, model="DS-2"),
    ]
    assert len(census(tmp_path, rows).devices) == 3


def test_names_that_run_together_are_not_one_device(tmp_path: Path) -> None:
    rows = [
        banner(port=80, manufacturer="Dedicated Micros", model="X", product_type="video"),
        banner(port=81, manufacturer="Dedicated", model="Micros X", product_type="video"),
    ]
    assert len(census(tmp_path, rows).devices) == 2


# --- what a device is ---


def test_the_strongest_evidence_then_the_most_specific(tmp_path: Path) -> None:
    rows = [
        banner(port=80, identity="s", manufacturer="Dahua", manufacturer_confidence="high", product_type="video"),
        banner(port=81, identity="s", manufacturer="Hikvision", model="DS-1", seen_at=NOON + 9, brand="ABUS"),
        banner(port=82, identity="s", product_type="recorder", type_confidence="high", firmware="1"),
        banner(port=83, identity="s", product_type="video", type_confidence="high", seen_at=NOON + 5),
    ]
    (device,) = census(tmp_path, rows).devices.values()
    assert (device["manufacturer"], device["manufacturer_confidence"]) == ("Dahua", "high")
    assert (device["product_type"], device["type_confidence"]) == ("recorder", "high")
    assert device["firmware"] == "1"


def test_a_device_has_no_model_or_brand_of_another_maker(tmp_path: Path) -> None:
    rows = [
        banner(port=80, identity="s", manufacturer="Dahua", manufacturer_confidence="high"),
        banner(port=81, identity="s", **HIK, model="DS-1", brand="ABUS", firmware="V5"),
    ]
    (device,) = census(tmp_path, rows).devices.values()
    assert (device["manufacturer"], device["model"], device["brand"], device["firmware"]) == ("Dahua", None, None, None)


@pytest.mark.parametrize("counted", [True, False])
def test_f18_a_host_takes_its_worst_decoy_grade(tmp_path: Path, counted: bool) -> None:
    mark = banner(port=1900, decoy="certain", product_type="camera" if counted else None)
    found = census(tmp_path, [banner(decoy="possible"), mark, banner("192.0.2.2", decoy="likely")])
    assert {d["host"]: d["decoy"] for d in found.devices.values()} == {"192.0.2.1": "certain", "192.0.2.2": "likely"}


def test_a_decoy_outside_the_window_grades_nobody(tmp_path: Path) -> None:
    found = census(tmp_path, [banner(), banner(port=1900, decoy="certain", seen_at=NOON - 9 * DAY)], days=7)
    assert [d["decoy"] for d in found.devices.values()] == [None]


# --- as it is written ---


def test_devices_of_one_country_stand_together(tmp_path: Path) -> None:
    at = [("1.0.0.9", "NL"), ("1.0.0.1", "DE"), ("1.0.0.5", "NL"), ("1.0.0.3", "BR"), ("1.0.0.4", "DE")]
    census(tmp_path, [banner(host=host, country=country) for host, country in at])
    written = pq.read_table(tmp_path / "devices.parquet", columns=["country", "device"]).to_pylist()
    assert written == sorted(written, key=lambda row: (row["country"], row["device"]))
    assert [row["country"] for row in written] == ["BR", "DE", "DE", "NL", "NL"]
