"""The country table: what adds up, what is hidden, and what a spreadsheet makes of it."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from camcensus.core.config import Study
from camcensus.core.countries import load_countries
from camcensus.core.errors import TableError
from camcensus.core.parquet import read_table
from camcensus.report.inputs import Result, headline_cells
from camcensus.report.output import Output
from camcensus.report.tables import country_table
from camcensus.report.tables.table_export import as_frame, csv, guard
from tests.report.conftest import HOSTS, built, make_manifest, make_result, make_study


def read(path: Path) -> pd.DataFrame:
    """The CSV as the page says to read it."""
    return pd.read_csv(path, keep_default_na=False, na_values=[""], dtype={"snapshot": str})


def test_order_ranks_and_totals(study: Study) -> None:
    table = built(study, [make_result("2024")])
    assert list(table["country"].fillna("")) == ["US", "DE", "NA", "TK", "CN", "ZZ", ""]
    assert list(table["rank"].dropna()) == [1, 2, 3, 4]
    world = table.iloc[-1]
    inside = table[table["is_in_headline"] & table["country"].notna()]
    assert world["n_hosts"] == inside["n_hosts"].sum() == sum(n for (c, _), n in HOSTS.items() if c != "CN")
    assert world["name"] == "World (headline: without CN)"
    assert inside["share"].sum() == pytest.approx(100, abs=0.001)
    assert table.loc[table["country"] == "CN", "share"].isna().all()


def test_same_counts_share_a_rank(study: Study) -> None:
    hosts = {("DE", "Hikvision"): 10, ("FR", "Hikvision"): 10, ("US", "Hikvision"): 7}
    table = built(study, [make_result("2024", hosts)])
    assert list(table["rank"].dropna()) == [1, 1, 3]


def test_newest_snapshot_is_first(study: Study) -> None:
    table = built(study, [make_result("2023"), make_result("2024")])
    assert list(dict.fromkeys(table["snapshot"])) == ["2024", "2023"]


def test_small_vendor_cells_are_null_and_absent_ones_zero(tmp_path: Path) -> None:
    study = make_study(tmp_path, vendors=("Hikvision", "Dahua", "D-Link"))
    table = built(study, [make_result("2024")]).set_index(pd.Index(["US", "DE", "NA", "TK", "CN", "ZZ", ""]))
    # The three of the United States would follow from Dahua's total if Germany's 60 were shown.
    assert pd.isna(table.loc["DE", "n_hosts_dahua"])
    assert table.loc["", "n_hosts_dahua"] == 63
    assert pd.isna(table.loc["US", "n_hosts_dahua"])
    assert table.loc["DE", "n_hosts_d_link"] == 0
    assert pd.isna(table.loc["TK", "n_hosts_d_link"])
    assert table.loc["", "n_hosts_hikvision"] == 368


def test_vendors_of_one_slug_keep_their_columns(tmp_path: Path) -> None:
    study = make_study(tmp_path, vendors=("D-Link", "D Link", "***"))
    assert list(country_table.vendor_columns(study)) == ["n_hosts_d_link", "n_hosts_d_link_2", "n_hosts_vendor"]


@pytest.mark.parametrize("unit", ["hosts", "devices", "banners"])
def test_maker_columns_hold_hosts_whatever_the_headline_counts_and_say_so(tmp_path: Path, unit: str) -> None:
    study = make_study(tmp_path, f"headline_unit = '{unit}'")
    table = built(study, [make_result("2024")])
    assert table.iloc[-1]["n_hosts_hikvision"] == 368
    (meaning,) = [c.meaning for c in country_table.schema(study).columns if c.name == "n_hosts_hikvision"]
    assert meaning.startswith("hosts with cameras of Hikvision")
    assert (f"the headline counts {unit}" in meaning) == (unit != "hosts")


def test_f27_missing_population_is_null(study: Study) -> None:
    table = built(study, [make_result("2024")])
    assert table.loc[table["country"] == "ZZ", "hosts_per_100k"].isna().all()
    assert (table.loc[table["country"] == "DE", "hosts_per_100k"] > 0).all()


def test_the_rate_by_addresses(study: Study) -> None:
    table = built(study, [make_result("2024")])
    germany = table[table["country"] == "DE"].iloc[0]
    assert germany["hosts_per_million_ipv4"] == round(1e6 * germany["n_hosts"] / load_countries()["DE"].ipv4_located, 4)
    assert table.loc[table["country"] == "ZZ", "hosts_per_million_ipv4"].isna().all()
    assert 0 < table.iloc[-1]["hosts_per_million_ipv4"] < germany["hosts_per_million_ipv4"]


def test_files_hold_the_same_and_namibia_stays(study: Study, tmp_path: Path) -> None:
    table = country_table.write(study, [make_result("2023"), make_result("2024")], Output(tmp_path))
    csv = read(tmp_path / "country_table.csv")
    assert list(csv["name"][csv["country"] == "NA"]) == ["Namibia", "Namibia"]
    assert list(csv.columns) == list(table.columns)
    stored = as_frame(read_table(tmp_path / "country_table.parquet", country_table.schema(study)))
    pd.testing.assert_frame_equal(stored, table)
    text = (tmp_path / "country_table.csv").read_bytes()
    assert b"\r" not in text
    assert b".0," not in text.split(b"\n")[1]


def test_same_bytes_twice(study: Study, tmp_path: Path) -> None:
    for name in ("one", "two"):
        country_table.write(study, [make_result("2024")], Output(tmp_path / name))
    for file in (f"country_table.{ending}" for ending in ("csv", "parquet", "xlsx", "md")):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_nothing_counted(study: Study) -> None:
    table = built(study, [make_result("2024", {})])
    assert list(table["n_hosts"]) == [0, 0]
    assert list(table["country"].fillna("")) == ["ZZ", ""]
    assert table["share"].isna().all()


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@x", "\t=1", " =1"])
def test_formulas_are_guarded(text: str) -> None:
    assert guard(text).startswith("'")


def test_control_characters_do_not_reach_a_spreadsheet() -> None:
    assert csv(as_frame(pa.table({"name": ["a\r\nb", "=1", None, "NA"]}))) == b'name\na b\n\'=1\n""\nNA\n'


def test_simulated_data_is_marked(study: Study) -> None:
    result = make_result("2024", manifest={"simulated": True})
    assert built(study, [result])["simulated"].all()


def test_missing_and_double_cells_are_refused(study: Study) -> None:
    result = make_result("2024")
    without = result.counts.filter(pc.not_equal(result.counts["level"], "country"))
    with pytest.raises(TableError, match="no headline cells of country"):
        headline_cells(Result("2024", make_manifest("2024"), without), "country", study)
    twice = pa.concat_tables([result.counts, result.counts])
    with pytest.raises(TableError, match="twice"):
        headline_cells(Result("2024", make_manifest("2024"), twice), "country", study)


def test_f21_countries_that_do_not_add_up_are_refused(study: Study) -> None:
    result = make_result("2024")
    is_tokelau = pc.and_kleene(pc.equal(result.counts["level"], "country"), pc.equal(result.counts["country"], "TK"))
    with pytest.raises(TableError, match="the world 526"):
        built(
            study, [Result("2024", result.manifest, result.counts.filter(pc.invert(pc.fill_null(is_tokelau, False))))]
        )
