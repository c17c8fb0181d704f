"""Shares from labelled strata: Wilson's interval of one stratum, and sums over strata with a bootstrap."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

REPLICATES = 2_000
_Z = NormalDist().inv_cdf(0.975)
Floats = npt.NDArray[np.float64]


def wilson(hits: float, tries: float) -> tuple[float, float]:
    """Return Wilson's 95% interval of a share; (0, 1) without tries. Numbers may be effective ones, not whole."""
    if tries == 0:
        return 0.0, 1.0
    share, square = hits / tries, _Z**2
    middle = (share + square / (2 * tries)) / (1 + square / tries)
    half = _Z / (1 + square / tries) * np.sqrt(share * (1 - share) / tries + square / (4 * tries**2))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


@dataclass(frozen=True)
class Stratum:
    """A stratum: its number of hosts, and for each labelled host whether it is counted now and is a camera."""

    size: int
    counted: npt.NDArray[np.bool_]
    camera: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Audited:
    """Replicates of an audit: counted hosts, cameras among them, cameras in total."""

    counted: Floats
    right: Floats
    cameras: Floats

    def interval(self, of: str) -> tuple[float, float, float]:
        """Return mean and 95% interval of `precision`, `recall` or `cameras`."""
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
    """Bootstrap labelled hosts by stratum; a stratum that was labelled completely adds no uncertainty.

    Strata that are counted entirely or not at all are drawn together from a Beta distribution (`_drawn`). Resampling
    their labels gave intervals that contained the truth in 92 to 93 of 100 worlds: in most strata all labels agree.
    Strata that are counted in part, as with another catalogue than at the draw, are resampled (`_resampled`).
    """
    draw = np.random.default_rng(seed)
    sums = np.zeros((replicates, 4))
    labelled = [(stratum, _cells(stratum)) for stratum in strata if len(stratum.camera)]
    for kind in sorted({_kind(cells) for _, cells in labelled}):
        same = [(stratum.size, cells) for stratum, cells in labelled if _kind(cells) == kind]
        sums += _resampled(draw, same, replicates) if all(kind) else _drawn(draw, same, kind, replicates)
    return Audited(sums[:, 0] + sums[:, 1], sums[:, 0], sums[:, 0] + sums[:, 2])


def _resampled(draw: np.random.Generator, strata: Sequence[tuple[int, Floats]], replicates: int) -> Floats:
    """Sum replicates over strata with Rao and Wu's rescaling: n - 1 of a stratum's n labels are drawn again."""
    found = np.zeros((replicates, 4))
    for size, cells in strata:
        tried = int(cells.sum())
        share = cells / tried
        shaken = draw.multinomial(tried - 1, share, replicates) / (tried - 1) if tried > 1 else share[None, :]
        found += size * (share + np.sqrt(max(0.0, 1.0 - tried / size)) * (shaken - share))
    return np.maximum(found, 0.0)


def _drawn(
    draw: np.random.Generator, strata: Sequence[tuple[int, Floats]], kind: tuple[bool, bool], replicates: int
) -> Floats:  # fmt: skip
    """Draw all strata of a kind together from a Beta with Jeffreys' prior and the effective sample size.

    That size follows from the stratified variance. As in Korn and Graubard (1998) it is never more than if all strata
    had one share: where few labels differ, their variance is too low.
    """
    sizes = np.array([size for size, _ in strata], float)
    tried = np.array([cells.sum() for _, cells in strata])
    at = 0 if kind[0] else 2
    shares = np.array([cells[at] / cells.sum() for _, cells in strata])
    share = float((sizes * shares).sum() / sizes.sum())
    uncertain = sizes**2 * np.maximum(1.0 - tried / sizes, 0.0)
    if not uncertain.any():
        drawn = np.full(replicates, share)
    else:
        own = float((uncertain * shares * (1.0 - shares) / np.maximum(tried - 1.0, 1.0)).sum())
        as_many = sizes.sum() ** 2 / max(float((uncertain / tried).sum()), own / max(share * (1.0 - share), 1e-12))
        drawn = draw.beta(share * as_many + 0.5, (1.0 - share) * as_many + 0.5, replicates)
    found = np.zeros((replicates, 4))
    found[:, at], found[:, at + 1] = drawn * sizes.sum(), (1.0 - drawn) * sizes.sum()
    return found


def _cells(stratum: Stratum) -> Floats:
    """Count labelled hosts: counted camera, counted non-camera, uncounted camera, neither."""
    kinds = 2 * ~stratum.counted + ~stratum.camera
    return np.bincount(kinds, minlength=4).astype(float)


def _kind(cells: Floats) -> tuple[bool, bool]:
    """Return whether any is counted, and whether any is not; the rest of a stratum is like its labelled hosts."""
    return bool(cells[:2].any()), bool(cells[2:].any())
