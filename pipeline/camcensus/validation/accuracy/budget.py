"""What the error of the headline's hosts consists of: hosts that are no cameras, cameras elsewhere, cameras missed."""

import pandas as pd

from camcensus.validation.accuracy.ablation import left_out
from camcensus.validation.accuracy.counted import Counted
from camcensus.validation.accuracy.countries import LEAST, country_errors, summary, true_counts

HEADLINE = ("medium", "certain")


def budget(world: Counted, least: int = LEAST) -> pd.DataFrame:
    """A row for each cause: its hosts, their share of the true ones against *evidence* (with the sign of the error),
    and what median and 90th percentile of the countries' errors would be if this cause alone were gone."""
    counted, true = _counted(world), _true(world)
    decoy = counted["true_decoy"]
    causes = {f"decoys: {kind}": -_by_country(counted[decoy == kind]) for kind in sorted(decoy.dropna().unique())}
    causes["all decoys"] = -_by_country(counted[decoy.notna()])
    causes["other devices"] = -_by_country(counted[~counted["real"] & decoy.isna()])
    missed = true[~true.index.isin(counted["host"])]
    causes["cameras that are not counted"] = missed.groupby("country").size()
    real = counted[counted["real"]].set_index("host").join(true["country"].rename("true_country"))
    causes["cameras counted without evidence"] = -_by_country(real[real["true_country"].isna()])
    real = real.dropna(subset=["true_country"])
    causes["cameras counted in another country"] = _moved(real)
    base = world.by_country()["n_hosts"]
    rows = [_row("as it is", world, base, int(base.sum()) - len(true), len(true), least)]
    for name, mend in causes.items():
        hosts = int(real["country"].ne(real["true_country"]).sum()) if "another" in name else int(mend.sum())
        error = 0 if "another" in name else -hosts  # what is lost here is found there
        rows.append(_row(name, world, base.add(mend, fill_value=0), error, len(true), least) | {"hosts": abs(hosts)})
    return pd.DataFrame(rows)


def _row(name: str, world: Counted, hosts: pd.Series, error: int, true: int, least: int) -> dict[str, object]:
    counted = world.by_country().assign(n_hosts=hosts)
    found = summary(country_errors(counted, true_counts(world, "evidence")), least).set_index("unit").loc["n_hosts"]
    return {
        "cause": name, "hosts": abs(error), "of_truth": error / true, "median": found["median"], "p90": found["p90"],
    }  # fmt: skip


def _counted(world: Counted) -> pd.DataFrame:
    """Each host of the headline once: `host`, `country`, whether a camera is there (`real`), else the kind of decoy."""
    rows = left_out(world, *HEADLINE)
    rows = rows[~rows["out"]].assign(real=lambda r: r["is_camera"].eq(True) & r["true_decoy"].isna())
    best = rows.sort_values(["host", "real", "port"], ascending=[True, False, True]).drop_duplicates("host")
    found: pd.DataFrame = best[["host", "country", "real", "true_decoy"]]
    return found


def _true(world: Counted) -> pd.DataFrame:
    """Hosts with evidence: index host, `country`."""
    there = world.banners[world.banners["counted"] & world.banners["returned"]]
    there = there[there["names"] | there["tells"]]
    found: pd.DataFrame = there.drop_duplicates("host").set_index("host")[["country"]]
    return found


def _by_country(rows: pd.DataFrame) -> pd.Series:
    return rows.groupby("country").size()


def _moved(real: pd.DataFrame) -> pd.Series:
    """What each country gains and loses when every host is counted where it stands."""
    return real.groupby("true_country").size().sub(real.groupby("country").size(), fill_value=0)
