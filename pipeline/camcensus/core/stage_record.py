"""What a manifest records of each stage: what its result depends on, its outputs, and where every row went."""

from pydantic import BaseModel, ConfigDict

from camcensus.core.errors import ReconciliationError


class Strict(BaseModel):
    """A record with no unknown field, in which no value is turned into another type."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


QUARANTINED = "quarantined: "  # what a reason of a rejected record begins with in the flow of ingest
BLANK = "blank"


class Flow(Strict):
    """Where a stage's rows went: `rows_in` = `rows_out` + everything in `dropped` (reason to rows)."""

    unit: str
    rows_in: int
    rows_out: int
    dropped: dict[str, int] = {}

    @property
    def quarantined(self) -> int:
        """Return the number of records in quarantine (of the flow of ingest)."""
        return sum(n for reason, n in self.dropped.items() if reason.startswith(QUARANTINED))

    @property
    def blank(self) -> int:
        """Return the number of blank lines, which nothing is lost with (of the flow of ingest)."""
        return self.dropped.get(BLANK, 0)

    def check(self, stage: str) -> "Flow":
        """Return this flow. Raises `ReconciliationError` unless rows in are rows out and rows dropped."""
        gone = sum(self.dropped.values())
        if self.rows_in != self.rows_out + gone:
            raise ReconciliationError(
                f"{stage}: {self.rows_in} {self.unit} in, {self.rows_out} out and {gone} dropped: "
                f"{self.rows_in - self.rows_out - gone} are not accounted for"
            )
        return self


class Output(Strict):
    """A file that a stage wrote.

    `rows` and `table` (the schema: name, and a hash of columns, types and nullability) are null for other files than
    tables.
    """

    bytes: int
    sha256: str
    rows: int | None = None
    table: str | None = None


class Part(Strict):
    """One part of a row-wise stage: the checksum of what it was made from, and what was counted on the way."""

    made_from: str
    tally: dict[str, int] = {}


class DecoyRule(Strict):
    """One rule that finds decoys across banners.

    `evaluated` false: it could not be evaluated, for the `reason`. `from_n`: the study's threshold; null: it has none.
    `hosts`: how many it graded; null: not evaluated.
    """

    rule: str
    grade: str
    evaluated: bool
    reason: str | None = None
    from_n: int | None = None
    hosts: int | None = None


class Ages(Strict):
    """How long before the window's end kept banners were last seen.

    Days ("0", "1-2", ... "30+") to counted banners, and to hosts by their latest banner. The churn index needs several
    collections; it is null with the reason otherwise.
    """

    banners: dict[str, int]
    hosts: dict[str, int]
    hosts_last_7_days: int
    churn_index: float | None = None
    churn_reason: str | None = None


class Collected(Strict):
    """One of several collections of a snapshot: its counted banners in the window, and when they were seen (UTC)."""

    collection: str
    n_banners: int
    first_seen: int
    last_seen: int


class Churn(Strict):
    """What became of one collection in the next, summed over consecutive pairs.

    `index`: the share of identities seen again that moved; null with the `reason`.
    """

    index: float | None = None
    reason: str | None = None
    collections: list[Collected] = []
    n_hosts: int | None = None
    n_hosts_gone: int | None = None
    n_identities: int | None = None
    n_identities_moved: int | None = None


class Merges(Strict):
    """What one dedupe rule did: rows that it put with another one. `on` false: the study has it off, or `reason`."""

    on: bool
    merged: int
    reason: str | None = None


class Fields(Strict):
    """What the engine sent.

    `read`: in how many of `rows` accepted banners each column has a value. `raw`: in how many of the `sampled` first
    records each field of the raw files occurs. `assets_cut`: of how many pages (`read["is_assets_cut"]`) the listed
    elements are cut. `telling`: how many banners have evidence that can show a camera; null: not counted.
    """

    rows: int
    read: dict[str, int]
    sampled: int
    raw: dict[str, int]
    assets_cut: int = 0
    telling: int | None = None


class StageRecord(Strict):
    """One stage's record. Equal `depends_on` and files as recorded: the stage is up to date.

    `depends_on` has what the result depends on (version, settings, checksums of inputs) by name. `more_flows`: flows of
    further tables. Only ingest has `unknown_fields` (fields of another engine's export that its mapping neither maps
    nor ignores, with the rows that hold something) and `fields`. Only dedupe has `merges`
    (by rule: rows in the window = devices + all merged), `identities` (by kind: how many were seen, used, and refused
    because too many hosts have them), `decoy_rules`, `ages` and `churn`.
    """

    version: int
    depends_on: dict[str, str]
    outputs: dict[str, Output]
    flow: Flow
    more_flows: dict[str, Flow] = {}
    parts: dict[str, Part] = {}
    notes: list[str] = []
    unknown_fields: dict[str, int] = {}
    fields: Fields | None = None
    merges: dict[str, Merges] = {}
    identities: dict[str, int] = {}
    decoy_rules: list[DecoyRule] = []
    ages: Ages | None = None
    churn: Churn | None = None

    @property
    def flows(self) -> dict[str, Flow]:
        """Return every flow, by what it is of; "" is the stage's own."""
        return {"": self.flow, **self.more_flows}
