"""Shares found by hand in strata: intervals of single strata, and sums over strata with a bootstrap."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

REPLICATES = 2_000
RARE = 5  # labels of a kind that differ from the others, for resampling to say how sure they are
_Z = NormalDist().inv_cdf(0.975)
Floats = npt.NDArray[np.float64]


def wilson(hits: int, tries: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share; (0, 1) without tries."""
    if tries == 0:
        return 0.0, 1.0
    share, square = hits / tries, _Z**2
    middle = (share + square / (2 * tries)) / (1 + square / tries)
    half = _Z / (1 + square / tries) * np.sqrt(share * (1 - share) / tries + square / (4 * tries**2))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


@dataclass(frozen=True)
class Stratum:
    """Hosts of which a sample was labelled: how many there are, and of each labelled one whether the pipeline counts
    it now and whether it is a camera."""

    size: int
    counted: npt.NDArray[np.bool_]
    camera: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Audited:
    """Replicates of what an audit says: hosts the pipeline counts, cameras among them, cameras in all."""

    counted: Floats
    right: Floats
    cameras: Floats

    def interval(self, of: str) -> tuple[float, float, float]:
        """Mean and 95 % interval of `precision`, `recall` or `cameras`."""
        with np.errstate(invalid="ignore", divide="ignore"):
            found = {
                "precision": self.right / self.counted, "recall": self.right / self.cameras, "cameras": self.cameras,
            }[of]  # fmt: skip
        found = found[np.isfinite(found)]
        if not len(found):
            return np.nan, np.nan, np.nan
        low, high = np.quantile(found, [0.025, 0.975])
        return float(found.mean()), float(low), float(high)


def bootstrap(strata: Sequence[Stratum], seed: int, replicates: int = REPLICATES) -> Audited:
    """A stratified bootstrap over labelled hosts, with Rao and Wu's rescaling: n - 1 of a stratum's n labels are drawn
    anew, and what was labelled of the whole stratum has no doubt left. A stratum whose labels are all alike adds no
    doubt of its own; over many strata that evens out, since those with one label apart add more than their share.

    Where hardly any label of a kind (counted, or not) differs from the others, resampling would call the answer free of
    doubt. There the share is drawn from the Beta that as many labels of a simple sample would leave possible.
    """
    draw = np.random.default_rng(seed)
    sums = np.zeros((replicates, 4))
    labelled = [(stratum, _cells(stratum)) for stratum in strata if len(stratum.camera)]
    for kind in sorted({_kind(cells) for _, cells in labelled}):
        same = [(stratum.size, cells) for stratum, cells in labelled if _kind(cells) == kind]
        together = np.sum([cells for _, cells in same], axis=0)
        few = sorted(together[np.repeat(kind, 2)])[-2] < RARE
        sums += _simple(draw, same, kind, replicates) if few and sum(kind) == 1 else _resampled(draw, same, replicates)
    return Audited(sums[:, 0] + sums[:, 1], sums[:, 0], sums[:, 0] + sums[:, 2])


def _resampled(draw: np.random.Generator, strata: Sequence[tuple[int, Floats]], replicates: int) -> Floats:
    """Replicates of how many hosts are in each cell, summed over strata."""
    found = np.zeros((replicates, 4))
    for size, cells in strata:
        tried = int(cells.sum())
        share = cells / tried
        shaken = draw.multinomial(tried - 1, share, replicates) / (tried - 1) if tried > 1 else share[None, :]
        found += size * (share + np.sqrt(max(0.0, 1.0 - tried / size)) * (shaken - share))
    return np.maximum(found, 0.0)


def _simple(
    draw: np.random.Generator, strata: Sequence[tuple[int, Floats]], kind: tuple[bool, bool], replicates: int
) -> Floats:  # fmt: skip
    """Replicates where labels hardly differ: of all strata together, by the size of the simple sample that says as
    much as theirs."""
    sizes = np.array([size for size, _ in strata], float)
    tried = np.array([cells.sum() for _, cells in strata])
    doubt = float((sizes**2 * np.maximum(1.0 - tried / sizes, 0.0) / tried).sum())
    shares = np.stack([cells / cells.sum() for _, cells in strata])
    known = (sizes[:, None] * shares).sum(axis=0)
    if doubt == 0.0:
        return np.tile(known, (replicates, 1))
    as_many = sizes.sum() ** 2 / doubt
    at = 0 if kind[0] else 2
    share = known[at] / sizes.sum()
    drawn = draw.beta(share * as_many + 0.5, (1.0 - share) * as_many + 0.5, replicates) * sizes.sum()
    found = np.zeros((replicates, 4))
    found[:, at], found[:, at + 1] = drawn, sizes.sum() - drawn
    return found


def _cells(stratum: Stratum) -> Floats:
    """Labelled hosts: counted and a camera, counted and none, not counted and a camera, neither."""
    counted, camera = stratum.counted, stratum.camera
    both = (counted & camera, counted & ~camera, ~counted & camera, ~counted & ~camera)
    return np.array([float(each.sum()) for each in both])


def _kind(cells: Floats) -> tuple[bool, bool]:
    """Whether any is counted, and whether any is not: where all labelled hosts are counted, so are the others."""
    return bool(cells[:2].any()), bool(cells[2:].any())
