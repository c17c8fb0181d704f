"""How far the headline's hosts rest on single signatures and fields, as far as it may be published."""

import re
from dataclasses import dataclass

from camcensus.report.context import ReportContext
from camcensus.report.inputs import headline_cells, world_cell
from camcensus.report.tables.publish import published

MOST_SIGNATURES = 20


@dataclass(frozen=True)
class Rest:
    """A signature or field: hosts that only it counts, and the headline's hosts without it."""

    kind: str
    name: str
    n_hosts_only: int
    n_hosts_without: int


def fields(context: ReportContext) -> list[Rest]:
    """Return the fields of evidence, that on which most hosts rest first."""
    return _shown(context, "field")


def signatures(context: ReportContext) -> list[Rest]:
    """Return the signatures on which most hosts rest."""
    return _shown(context, "signature")[:MOST_SIGNATURES]


def headline_hosts(context: ReportContext) -> int:
    """Return the hosts of the headline, all makers."""
    return world_cell(context.now, context.study, "study")["n_hosts"] or 0


def _shown(context: ReportContext, kind: str) -> list[Rest]:
    """Return what enough hosts rest on, without what is of a maker whose count is hidden."""
    table, least = context.now.reliance, context.study.publication.min_hosts
    rows = [Rest(**row) for row in table.to_pylist() if row["kind"] == kind] if table is not None else []
    makers = {str(maker) for maker in headline_cells(context.now, "manufacturer", context.study)["manufacturer"]}
    hidden = {_slug(maker) for maker in makers - set(published(context.study, context.now).shown("manufacturer"))}
    rows = [row for row in rows if row.n_hosts_only >= least and re.split("[._]", row.name)[0] not in hidden]
    return sorted(rows, key=lambda row: (-row.n_hosts_only, row.name))


def _slug(maker: str) -> str:
    """Return a maker's name as its ids have it."""
    return re.sub("[^a-z0-9]+", "-", maker.lower()).strip("-")
