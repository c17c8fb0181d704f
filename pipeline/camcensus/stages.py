"""The stages of the pipeline, in order. Status, lineage, verify and purge read this table; there is no other list."""

from camcensus.aggregate import stage as aggregate
from camcensus.dedupe import stage as dedupe
from camcensus.estimate.area_sampling import stage as area_sampling
from camcensus.identify import stage as identify
from camcensus.ingest import stage as ingest
from camcensus.raw.stage_base import Stage
from camcensus.trends import match_stage
from camcensus.trends import stage as trends

STAGES: tuple[Stage, ...] = (
    match_stage.CENSUS_STAGE,
    match_stage.HISTORY_STAGE,
    ingest.STAGE,
    identify.STAGE,
    dedupe.STAGE,
    aggregate.STAGE,
    area_sampling.BLOCKS_STAGE,
    area_sampling.STAGE,
    trends.REPLAY,
    trends.STAGE,
)
