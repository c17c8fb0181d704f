"""`camcensus simulate --serve`: the loopback Shodan at a terminal."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from camcensus.core.errors import CamcensusError, InputError, Interrupted
from camcensus.validation.loopback.account import PLANS, Limits
from camcensus.validation.loopback.server import KEY, Loopback


def serve_until_stopped(
    files: Sequence[Path],
    plan: str,
    credits_left: int | None,
    rate: float | None,
    port: int,
    say: Callable[[str], None],
) -> None:
    """Answer from the files until Ctrl-C, then summarise. Raises `CamcensusError` before it starts."""
    if plan not in PLANS:
        raise CamcensusError(f"there is no plan {plan!r}; choose one of {', '.join(PLANS)}")
    if missing := [path for path in files if not path.is_file()]:
        raise InputError(missing[0], "is not a file; name exports to answer from")
    try:
        shodan = Loopback(files, plan=plan, credits=credits_left, port=port, limits=Limits(rate))
    except OSError as error:
        raise CamcensusError(f"port {port} of 127.0.0.1 cannot be used: {error.strerror}; omit --port") from None
    with shodan:
        say(_greeting(shodan, plan))
        try:
            threading.Event().wait()
        except Interrupted:
            paid = sum(request.credits for request in shodan.log)
            say(f"stopped after {len(shodan.log):,} requests, {paid:,} query credits spent")


def _greeting(shodan: Loopback, plan: str) -> str:
    left_out = f" ({shodan.index.left_out:,} other lines ignored)" if shodan.index.left_out else ""
    return (
        "LOOPBACK: this is not Shodan but a stand-in on this machine.\n"
        f"{len(shodan.index.rows):,} banners{left_out}; plan {plan}, {shodan.account.credits:,} query credits.\n"
        "It accepts any key; use this one, which is valid nowhere else:\n"
        f"  export SHODAN_API_URL={shodan.url}\n"
        f"  export SHODAN_API_KEY={KEY}\n"
        "Press Ctrl-C to stop."
    )
