"""`camcensus simulate --serve`: the loopback Shodan for a person at a terminal."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from camcensus.core.errors import CamcensusError, InputError, Interrupted
from camcensus.validation.loopback.account import PLANS
from camcensus.validation.loopback.server import KEY, Loopback


def serve_until_stopped(
    files: Sequence[Path],
    plan: str,
    credits_left: int | None,
    rate: float | None,
    port: int,
    say: Callable[[str], None],
) -> None:
    """Answers from the files until Ctrl-C, and then says what was asked. Raises `CamcensusError` before it starts."""
    if plan not in PLANS:
        raise CamcensusError(f"there is no plan {plan!r}; choose one of {', '.join(PLANS)}")
    if missing := [path for path in files if not path.is_file()]:
        raise InputError(missing[0], "is no file; name exports to answer from")
    try:
        shodan = Loopback(files, plan=plan, credits=credits_left, rate=rate, port=port)
    except OSError as error:
        raise CamcensusError(f"port {port} of 127.0.0.1 cannot be used: {error.strerror}; leave --port out") from None
    with shodan:
        say(_greeting(shodan, plan))
        try:
            threading.Event().wait()
        except Interrupted:
            paid = sum(request.credits for request in shodan.log)
            say(f"stopped after {len(shodan.log):,} requests, {paid:,} query credits spent")


def _greeting(shodan: Loopback, plan: str) -> str:
    left_out = f" ({shodan.index.left_out:,} lines are none)" if shodan.index.left_out else ""
    return (
        "LOOPBACK: this is no Shodan but a stand-in on this machine.\n"
        f"It holds {len(shodan.index.rows):,} banners{left_out}; plan {plan}, {shodan.credits:,} query credits.\n"
        f"It takes any key; use this one, which opens nothing else:\n"
        f"  export SHODAN_API_URL={shodan.url}\n"
        f"  export SHODAN_API_KEY={KEY}\n"
        "Ctrl-C stops it."
    )
