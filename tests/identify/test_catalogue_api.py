"""What a program sees of the catalogue: one banner, or a batch of them."""

from pathlib import Path

import pytest

from camcensus.identify.batches import verdicts
from camcensus.identify.catalogue import Catalogue
from camcensus.identify.explain import explain_records
from camcensus.identify.matcher import Identifier
from camcensus.identify.verdict import Verdict
from camcensus.ingest.evidence import evidence_of
from camcensus.ingest.observe import batch_of, observe
from camcensus.readers.banner import Banner, soften
from tests.conftest import banner, write_lines


def identified(identifier: Identifier, found: dict[str, object]) -> Verdict:
    """What a banner is."""
    return identifier.identify(evidence_of(soften(found, Banner)))


def test_a_banner_is_identified(identifier: Identifier) -> None:
    verdict = identified(identifier, banner(hikvision={"device_model": "ds-2cd2032-i ", "device_version": "V5.4.5"}))
    assert (verdict.manufacturer, verdict.manufacturer_confidence) == ("Hikvision", "high")
    assert (verdict.model, verdict.model_raw, verdict.family) == ("DS-2CD2032-I", "ds-2cd2032-i", "DS-2CD")
    assert (verdict.product_type, verdict.firmware, verdict.counted) == ("camera", "V5.4.5", True)


def test_a_batch_says_what_each_banner_says(identifier: Identifier) -> None:
    banners = [banner(), banner(data="", http={"title": "AXIS"}), banner(data="SSH-2.0-OpenSSH", http=None)]
    columns = observe([soften(b, Banner) for b in banners]).columns
    batch = batch_of({**columns, "file": ["x"] * 3, "line": [1, 2, 3]}, 3)
    assert verdicts(batch, identifier)[0] == [identified(identifier, b) for b in banners]


@pytest.mark.slow
def test_a_brand_of_several_makers_stays_unresolved_and_says_so(tmp_path: Path, catalogue: Catalogue) -> None:
    disputed = {brand.name for brand in catalogue.brands if len(brand.manufacturer) > 1}
    assert len(disputed) >= 11
    odd = banner(product=None, data="", http=None, ip_camera={"brand": "Swann", "model": "X"})
    assert "Swann" in disputed
    (line,) = explain_records(write_lines(tmp_path / "x.json", [odd]), "table", None)
    assert "? (no evidence)" in line
    assert "brand Swann (makers named: " in line
    assert "unresolved" in line


def test_a_hosting_network_alone_is_a_possible_decoy(identifier: Identifier) -> None:
    assert identified(identifier, banner(tags=["cloud"])).decoy == "possible"
    assert identified(identifier, banner(tags=["cloud", "honeypot"])).decoy == "certain"
    assert identified(identifier, banner()).decoy is None
