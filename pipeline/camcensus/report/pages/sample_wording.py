"""What the page of a sample says of its method and its limits. Text only: who shows it escapes it."""

from camcensus.core.manifest import Manifest
from camcensus.estimate.area_sampling.figures import LEAST_BLOCKS
from camcensus.estimate.area_sampling.ratio import RESAMPLES

MARK = (
    "SAMPLE: every number here is an estimate from blocks of addresses drawn at random, and stands with its interval."
)
_ESTIMATE = (
    "An estimate is what was counted in the blocks, over the matches that came from them, times the matches that "
    "the engine announces in the whole IPv4 space: those of a maker's own queries where it has some, and those in "
    "the country where it is a country's."
)
_INTERVAL = (
    f"Its interval comes from {RESAMPLES:,} resamples of whole blocks, as percentiles, stretched by Student's t at as "
    "many degrees of freedom as there are effective blocks but one. For the low end a block is added in which matches "
    "are announced and nothing counts: what happens in few blocks may be in none drawn. There is no estimate "
    f"where fewer than {LEAST_BLOCKS} blocks hold matches, or fewer than {LEAST_BLOCKS} hold what is counted."
)
_COVERS = (
    "An interval says what drawing other blocks would have changed, in 95 of 100 draws, and nothing else. It does not "
    "cover what the engine does not see, what the queries do not find, what was taken for another maker or kind, hosts "
    "in the wrong country, decoys, and what changed while it was collected."
)
_APPROXIMATE = (
    "Intervals are approximate, above all where few blocks hold most of what is counted, and where hardly more than "
    f"{LEAST_BLOCKS} do."
)
_ADDS_UP = "Each figure is estimated on its own: estimates of countries or makers do not add up to that of the world."
_OTHER = (
    "A device whose address moved from one block to another may count in both, so devices come out somewhat high; "
    "decoys that show only across blocks are missed. Estimates and whole downloads are not compared in one series."
)


def method(manifest: Manifest) -> list[str]:
    """How the estimates came about, a paragraph each."""
    stage, collection = manifest.stages.get("estimates"), manifest.collection
    drawn = collection.sample if collection else None
    if stage is None or drawn is None:
        return [_ESTIMATE, _INTERVAL]
    chance = 100 * drawn.blocks / drawn.of
    said = (
        f"Of the {drawn.of:,} blocks /{drawn.prefix_length} of the address space that hold public IPv4 addresses, "
        f"{drawn.blocks:,} were drawn without replacement, each with the same chance of {chance:.2f} %, by seed "
        f"{drawn.seed}. All that the queries find in them was downloaded. {stage.flow.rows_out:,} came whole; only "
        "those are used."
    )
    return [said, _ESTIMATE, _INTERVAL]


def limits(manifest: Manifest) -> list[str]:
    """What the estimates do not say."""
    stage = manifest.stages.get("estimates")
    notes = [f"{note[:1].upper()}{note[1:]}." for note in stage.notes[1:]] if stage else []
    return [_COVERS, _APPROXIMATE, *notes, _ADDS_UP, _OTHER]
