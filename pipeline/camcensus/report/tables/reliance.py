"""How far the headline's hosts rest on single signatures and fields, as far as it may be published."""

from dataclasses import dataclass
from typing import Literal

from camcensus.identify.catalogue import load_catalogue
from camcensus.report.context import ReportContext
from camcensus.report.inputs import headline_cells
from camcensus.report.tables.publish import published

MOST_SIGNATURES = 20


@dataclass(frozen=True)
class Rest:
    """A signature or field: hosts that only it counts, and the headline's hosts without it."""

    kind: str
    name: str
    n_hosts_only: int
    n_hosts_without: int


def rests(context: ReportContext, kind: Literal["field", "signature"]) -> list[Rest]:
    """Return that on which most hosts rest first: all fields of evidence, or the first signatures.

    Only what enough hosts rest on, without what is of a maker whose count is hidden.
    """
    table, least = context.now.reliance, context.study.publication.min_hosts
    rows = [Rest(**row) for row in table.to_pylist() if row["kind"] == kind] if table is not None else []
    makers = {str(maker) for maker in headline_cells(context.now, "manufacturer", context.study)["manufacturer"]}
    hidden = makers - set(published(context.study, context.now).shown("manufacturer"))
    catalogue = load_catalogue(context.study.catalogue_path)
    owners = catalogue.owners if kind == "signature" else {row.name: catalogue.owner_of_field(row.name) for row in rows}
    # A rule that the catalogue does not have any more may be of a maker that is hidden.
    rows = [row for row in rows if row.n_hosts_only >= least and row.name in owners and owners[row.name] not in hidden]
    return sorted(rows, key=lambda row: (-row.n_hosts_only, row.name))[
        : MOST_SIGNATURES if kind == "signature" else None
    ]
