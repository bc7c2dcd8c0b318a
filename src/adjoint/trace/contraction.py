"""Decides, from numbers alone, what kind of limit a loop found.

Run as it is, never recorded: the decisions are about values, and have no derivative.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

NEGLIGIBLE = 1e-11  # a derivative that the last step carried over, relative
CONVERGED = 1e-2  # the last step, relative to the state
VANISHING = 1e-5  # or relative to the first state, where the limit is zero
SLOWEST = 1.0 - 1e-7  # a spectral radius beyond which the limit may remember the start
SLOWEST_REPEATED = 1.0 - 1e-4  # the same where the map is repeated to find its limit
ACCURATE = 1e-13  # the last term of a series, relative
CONSISTENT = 0.3  # how well the linear map must predict the last step


@dataclass(frozen=True)
class Verdict:
    """What is to be done: the derivative of the limit (of the state in `block`), or of the path.

    Attributes
    ----------
    block : indices of the state that converged; empty: the path's derivative stands.
    doubt : why the path's derivative may be off; empty if it is not.
    """

    block: tuple[int, ...] = ()
    doubt: str = ""


PATH = Verdict()


def of_map(
    jacobian: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    earlier: np.ndarray | None,
    first: np.ndarray,
    fixed: np.ndarray,
    switches: np.ndarray,
) -> Verdict:
    """Whether the map of an iteration from `start` to `end` is a contraction at its fixed point.

    `fixed` marks what the iteration left as it was, `switches` what some iterations did.
    """
    if not np.isfinite(jacobian).all():
        return PATH
    fixed = fixed | is_carried(jacobian, start, end)
    state = np.flatnonzero(~fixed)
    sums = [i for i in state if is_sum(jacobian, i, state)]
    block = np.array([i for i in state if i not in sums], int)
    if not block.size:
        return PATH
    inner = jacobian[np.ix_(block, block)]
    scale = np.maximum(np.maximum(np.abs(end), np.abs(start)), 1e-300)
    weighted = np.abs(inner) * scale[block] / scale[block][:, None]
    reads = weighted.max(axis=0) > NEGLIGIBLE  # state that the next iteration would feel
    if not reads.any():
        return PATH
    if not has_converged(start, end, first, block[reads]):
        return PATH
    radius = np.abs(np.linalg.eigvals(inner)).max()
    if radius >= SLOWEST:
        return PATH
    if not is_at_limit(inner, (end - start)[block], end[block], first[block], reads):
        return PATH
    if sums and np.abs(jacobian[np.ix_(sums, block)]).max() > 0.0:
        vanishes = np.abs(end[block[reads]]) <= VANISHING * np.abs(first[block[reads]])
        return PATH if vanishes.all() or radius < 1e-6 else Verdict(doubt="it also adds up a sum")
    if switches[block[reads]].any() or (switches & fixed)[feeding(jacobian, fixed, block)].any():
        return Verdict(doubt="some of its variables change in some iterations only")
    if earlier is not None and not is_consistent(jacobian, start, end, earlier, block[reads]):
        return PATH if radius < 1e-6 else Verdict(doubt="its last steps do not follow one map")
    return Verdict(block=tuple(block.tolist()))


def is_carried(jacobian: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """A mask of the state that an iteration only hands on: the boundary of a grid."""
    units = (np.abs(jacobian - np.eye(len(jacobian))) == 0.0).all(axis=1)
    return units & (start == end)


def feeding(jacobian: np.ndarray, fixed: np.ndarray, block: np.ndarray) -> np.ndarray:
    """A mask of the fixed state on which the block depends."""
    return fixed & (np.abs(jacobian[block]).max(axis=0) > 0.0)


def is_sum(jacobian: np.ndarray, index: int, state: np.ndarray) -> bool:
    """True if a part of the state only adds to itself: nothing else depends on it."""
    others = [i for i in state if i != index]
    return jacobian[index, index] == 1.0 and not np.any(jacobian[others, index])


def has_converged(start: np.ndarray, end: np.ndarray, first: np.ndarray, block: np.ndarray) -> bool:
    step = np.abs(end - start)[block]
    size = np.abs(end[block]).max()
    origin = np.abs(first[block]).max()
    return bool(step.max() <= max(CONVERGED * size, VANISHING * origin))


def is_at_limit(
    inner: np.ndarray, step: np.ndarray, end: np.ndarray, first: np.ndarray, reads: np.ndarray
) -> bool:
    """True if all steps that would follow the last `step` are small together.

    They add up to ``(I + B + B^2 + ...) B step``. Small steps alone mean nothing: what decays
    slowly, and is stopped half-way by a threshold, has small steps too.
    """
    rest = np.linalg.solve(np.eye(len(inner)) - inner, inner @ step)[reads]
    size, origin = np.abs(end[reads]).max(), np.abs(first[reads]).max()
    return bool(np.abs(rest).max() <= max(CONVERGED * size, VANISHING * origin))


def is_consistent(
    jacobian: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    earlier: np.ndarray,
    block: np.ndarray,
) -> bool:
    """True if the last step is what the linear map makes of the step before."""
    before, last = (start - earlier)[block], (end - start)[block]
    size = np.abs(before).max()
    if size <= 1e-9 * max(np.abs(end[block]).max(), 1e-300):
        return True
    predicted = jacobian[np.ix_(block, block)] @ before
    return bool(np.abs(last - predicted).max() <= CONSISTENT * size)


def verdict_of(iteration: Any, jacobian: Any) -> Verdict:
    """`of_map` of an iteration on the tape."""
    start, end = map(flat, iteration.values)
    same = iteration.earlier is not None
    earlier = flat(iteration.earlier) if same else None
    fixed, switches = spread(iteration, iteration.fixed), spread(iteration, iteration.switches)
    return of_map(
        np.array(jacobian, float), start, end, earlier, flat(iteration.first), fixed, switches
    )


def flat(values: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.ravel(value) for value in values])


def spread(iteration: Any, marks: list[bool]) -> np.ndarray:
    """A mark for each number of the state, from one for each leaf."""
    return np.repeat(np.array(marks, bool), iteration.sizes)


# maps that are only applied


def probe(mask: np.ndarray) -> np.ndarray:
    """A vector without structure on `mask`, zero elsewhere."""
    return np.where(mask, np.random.default_rng(len(mask)).standard_normal(len(mask)), 0.0)


def of_repeated(
    sizes: list[float],
    steps: list[np.ndarray],
    predicted: np.ndarray | None,
    moving: np.ndarray,
    switches: np.ndarray,
    end: np.ndarray,
    first: np.ndarray,
) -> Verdict:
    """`of_map` of a large map, from the `sizes` of a vector to which it was applied repeatedly.

    `steps` are the last two steps, or none; `predicted` is what the map makes of the first.
    """
    half = len(sizes) // 2
    if not np.isfinite(sizes).all():
        return PATH
    rate = (sizes[-1] / sizes[half - 1]) ** (1.0 / (len(sizes) - half)) if sizes[half - 1] else 0.0
    if rate >= SLOWEST_REPEATED:
        return PATH
    size, origin = np.abs(end[moving]).max(), np.abs(first[moving]).max()
    last = np.abs(steps[1][moving]).max() if steps else 0.0
    if last * rate / (1.0 - rate) > max(CONVERGED * size, VANISHING * origin):
        return PATH
    if switches[moving].any():
        return Verdict(doubt="some of its variables change in some iterations only")
    if steps and np.abs(steps[0][moving]).max() > 1e-9 * size:
        gap = np.abs(predicted - steps[1])[moving].max()
        if gap > CONSISTENT * np.abs(steps[0][moving]).max():
            return Verdict(doubt="its last steps do not follow one map")
    return Verdict(block=tuple(np.flatnonzero(moving).tolist()))


def is_negligible(term: np.ndarray, total: np.ndarray) -> bool:
    """True if a term of a series adds nothing any more."""
    return not np.abs(term).max() > ACCURATE * np.abs(total).max()
