"""Folding for publication: a maker's cell with few hosts never stands alone below a country."""

import pandas as pd

from pipeline.tables import UNKNOWN_COUNTRY

OTHER = "other"
COLUMNS = ("country", "manufacturer", "n_hosts", "n_devices", "n_banners")


def fold(makers: pd.DataFrame, countries: pd.DataFrame, min_hosts: int) -> pd.DataFrame:
    """Cells of `country+manufacturer` that may be published.

    makers: a row for each country and maker; countries: a row for each country; both with n_hosts, n_devices and
    n_banners. Gives the same columns (COLUMNS), sorted by country and maker.

    Within a country, makers with fewer than `min_hosts` hosts become one row, `other`. If that is not certain to have
    `min_hosts` hosts, the smallest maker left joins it, and so on. A country where every maker ends in `other` has no
    breakdown: a single `other` row with all counts null.

    Hosts do not add up across makers (an address with cameras of two makers is a host of both), so the hosts of
    `other` are not known: null. Its sum would be too high, so a sum over the minimum proves nothing. What is certain
    is the larger of two: the hosts of its largest maker, and the country's hosts less those of the makers that stand
    alone. That lower bound decides. Devices and banners add up, and are summed.
    """
    totals = {str(c): int(n) for c, n in zip(countries["country"], countries["n_hosts"], strict=True)}
    rows: list[dict[str, object]] = []
    for country, cells in makers.groupby("country", sort=True):
        rows += _fold_country(str(country), cells, totals.get(str(country), 0), min_hosts)
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({"country": "string", "manufacturer": "string"} | dict.fromkeys(COLUMNS[2:], "Int64"))


def _fold_country(country: str, cells: pd.DataFrame, total: int, min_hosts: int) -> list[dict[str, object]]:
    """The rows of one country; `total` is its hosts."""
    ordered = cells.sort_values(["n_hosts", "manufacturer"], ignore_index=True)
    hosts = [int(n) for n in ordered["n_hosts"]]
    # Smallest first: the first `folded` makers are in `other`.
    folded = sum(n < min_hosts for n in hosts)
    while 0 < folded < len(hosts) and max(hosts[folded - 1], total - sum(hosts[folded:])) < min_hosts:
        folded += 1
    if hosts and folded == len(hosts):
        return [dict.fromkeys(COLUMNS) | {"country": country, "manufacturer": OTHER}]
    kept: list[dict[str, object]] = [
        {str(k): v for k, v in row.items()} for row in ordered.iloc[folded:][list(COLUMNS)].to_dict("records")
    ]
    if folded:
        inside = ordered.iloc[:folded]
        sums = {unit: int(inside[unit].sum()) for unit in ("n_devices", "n_banners")}
        kept.append({"country": country, "manufacturer": OTHER, "n_hosts": None, **sums})
    return sorted(kept, key=lambda row: str(row["manufacturer"]))


class MakerHosts:
    """Hosts of a maker in a country as they may be published."""

    def __init__(self, makers: pd.DataFrame, countries: pd.DataFrame, min_hosts: int) -> None:
        """Take what `fold` takes."""
        published = fold(makers, countries, min_hosts)
        self._seen = set(zip(makers["country"], makers["manufacturer"], strict=True))
        alone = published[published["n_hosts"].notna()]
        keys = zip(alone["country"], alone["manufacturer"], strict=True)
        self._shown = {key: int(n) for key, n in zip(keys, alone["n_hosts"], strict=True)}
        self._without = set(published.loc[published["n_banners"].isna(), "country"])

    def get(self, country: str, maker: str) -> int | None:
        """Hosts; 0 where none was seen; None where the cell is folded or the country has no breakdown."""
        if (country, maker) in self._shown:
            return self._shown[country, maker]
        hidden = (country, maker) in self._seen or country in self._without
        return None if hidden else 0


def maker_total(makers: pd.DataFrame, maker: str, unit: str, min_hosts: int) -> int | None:
    """A maker's count over all countries, from cells of level manufacturer.

    0 where none was seen, None where it has fewer hosts than the minimum.
    """
    row = makers.loc[makers["manufacturer"] == maker]
    if row.empty:
        return 0
    return int(row[unit].iloc[0]) if int(row["n_hosts"].iloc[0]) >= min_hosts else None


def is_ranked(country: str, left_out: tuple[str, ...]) -> bool:
    """Whether a country takes part in the ranking: it is known, and the study does not leave it out."""
    return country != UNKNOWN_COUNTRY and country not in left_out


def ranked(cells: pd.DataFrame, left_out: tuple[str, ...]) -> pd.DataFrame:
    """The cells of countries that take part in the ranking."""
    return cells[~cells["country"].isin([*left_out, UNKNOWN_COUNTRY])]
