"""Monthly history of matches since 2017-06, for queries whose filters the engine's Trends has. Never mixed with
snapshots: a month there is another window, counted by the engine's rules of the time."""

import functools
from collections.abc import Sequence

from pipeline.catalogue import Query
from pipeline.collect.census import COUNTRY
from pipeline.collect.client import Client
from pipeline.collect.ledger import Ledger
from pipeline.collect.replies import Replies
from pipeline.errors import BadQueryError
from pipeline.query import parse

MODE = "trends"


def trends(client: Client, ledger: Ledger, replies: Replies, queries: Sequence[Query]) -> list[str]:
    """Asks all that is not there yet; a line for each query that has no history."""
    without = []
    for query in queries:
        refused = ", ".join(parse(query.text).not_in_trends)
        if not refused:
            try:
                replies.ask(query.id, "", query.text, functools.partial(client.trends, query.text, [COUNTRY]))
            except BadQueryError as error:
                refused = str(error)
        without += [f"{query.id}: has no history: Trends refuses {refused}"] if refused else []
        ledger.add_done(MODE, query.id)
    return without
