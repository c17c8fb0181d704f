"""Monthly history of matches since 2017-06, for queries whose filters the engine's Trends has. Never mixed with
snapshots: a month there is another window, counted by the engine's rules of the time."""

import functools
from collections.abc import Sequence

from camcensus.collect.census import COUNTRY
from camcensus.collect.client import Client
from camcensus.collect.turns import in_turn
from camcensus.core.errors import BadQueryError
from camcensus.core.query import parse
from camcensus.identify.catalogue import Query
from camcensus.raw.ledger import Ledger
from camcensus.raw.saved_replies import Replies

MODE = "trends"


def trends(
    client: Client, ledger: Ledger, replies: Replies, queries: Sequence[Query]
) -> tuple[list[str], list[str]]:  # fmt: skip
    """Asks all that is not there yet; a line for each query that has no history, and for each that failed."""
    without: list[str] = []
    failed: list[str] = []

    def ask(query: Query) -> None:
        refused = ", ".join(parse(query.text).not_in_trends)
        if not refused:
            try:
                replies.ask(query.id, "", query.text, functools.partial(client.trends, query.text, [COUNTRY]))
            except BadQueryError as error:
                refused = str(error)
        without.extend([f"{query.id}: has no history: Trends refuses {refused}"] if refused else [])
        ledger.add_done(MODE, query.id)

    in_turn(queries, ask, failed)
    return without, failed
