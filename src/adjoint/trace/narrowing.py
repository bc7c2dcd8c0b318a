"""Decides, from numbers alone, where a loop that narrowed an interval has found a root.

Run as it is, never recorded. The interval is the part of the state that moves as one: shifting all
of it by e shifts it by e in the next iteration too. Loops over arrays narrow an interval for each
element, so what is shifted is a vector, and every array of the interval holds it. Where only one
end is kept (`x`, with a step that is halved), the steps say how wide the interval is.
"""

from typing import NamedTuple

import numpy as np

AS_ONE = 1e-2  # how exactly the interval moves as one
STEPS = 4.0  # so many steps from its one end an interval may reach: they may be tenths
CLOSED = 1e-2  # the steps of a search at its end, of those at its beginning
SHRUNK = 0.75  # a step at the end of some iterations, of that at their beginning


NOT_FOUND = "it narrows an interval, but what has its root there was not found"
UNDECIDED = "what decides where it goes has no derivative"


class Interval(NamedTuple):
    """A part of the state.

    Attributes
    ----------
    ends : the indices of its ends, one after the other.
    shifts : the ends for a unit shift of each element.
    steps : the indices of the steps by which the one end of an interval is moved.
    """

    ends: np.ndarray
    shifts: np.ndarray
    steps: np.ndarray

    def rows(self, state: np.ndarray) -> np.ndarray:
        """The ends (rows) in each of the elements (columns)."""
        return state[self.ends].reshape(-1, self.shifts.shape[1])

    def width(self, state: np.ndarray) -> np.ndarray:
        """How far apart the ends are in each element; nan where that is not known."""
        held = self.rows(state)
        if len(held) == 1:
            steps = np.abs(state[self.steps])
            if steps.size % held.size:
                return np.full(held.size, STEPS * steps.sum())
            return STEPS * steps.reshape(-1, held.size).sum(axis=0)
        known = np.sum(~np.isnan(held), axis=0) >= 2
        if not known.all():
            return np.full(held.shape[1], np.nan)
        return np.nanmax(held, axis=0) - np.nanmin(held, axis=0)

    def has_narrowed(self, first: np.ndarray, end: np.ndarray) -> bool:
        """True if the ends came nearer in one of the elements: those that are only exchanged, as
        by sorting, do not. Steps become small for other reasons too, but not by so much."""
        least = CLOSED if self.steps.size else 1.0
        return bool(np.any(self.width(end) < least * self.width(first)))

    def is_known(self, first: np.ndarray) -> bool:
        """True if the interval was there when the loop began."""
        return bool(np.all(~np.isnan(self.width(first))))

    def has_closed(self, first: np.ndarray, end: np.ndarray) -> bool:
        """True if it is known where the interval began, and that it got narrower."""
        return self.is_known(first) and self.has_narrowed(first, end)


def intervals_of(jacobian: np.ndarray, count: int, sizes: list[int]) -> list[Interval]:
    """The parts of the state that move as one in each of `count` elements."""
    starts = np.cumsum([0, *sizes])
    state = [np.arange(start, start + size) for start, size in zip(starts, sizes, strict=False)]
    leaves = [leaf for leaf in state if leaf.size == count]
    between = [group for group in connected(jacobian, as_one(jacobian, leaves)) if len(group) > 1]
    none = np.zeros(0, dtype=int)
    found = [Interval(np.concatenate(group), shifts_of(group), none) for group in between]
    for end in leaves:
        steps = [leaf for leaf in state if is_step(jacobian, leaf, end)]
        if steps and as_one(jacobian, [end]):  # a counter moves as one too, but without steps
            found.append(Interval(end, shifts_of([end]), np.concatenate(steps)))
    return found


def as_one(jacobian: np.ndarray, leaves: list[np.ndarray]) -> list[np.ndarray]:
    """Those of some leaves of the state that all move as one."""
    while leaves:
        block = np.concatenate(leaves)
        moved = jacobian[np.ix_(block, block)] @ shifts_of(leaves)
        gaps = np.abs(moved - shifts_of(leaves)).max(axis=1).reshape(len(leaves), -1)
        stays = gaps.max(axis=1) < AS_ONE
        if stays.all():
            break
        leaves = [leaf for leaf, stay in zip(leaves, stays, strict=True) if stay]
    return leaves


def is_step(jacobian: np.ndarray, leaf: np.ndarray, end: np.ndarray) -> bool:
    """True for what shrinks by itself, a number or one for each element of an interval's end."""
    if leaf.size not in (1, end.size) or leaf[0] == end[0] or jacobian[np.ix_(leaf, end)].any():
        return False
    own = jacobian[np.ix_(leaf, leaf)]
    return bool(own.any() and np.abs(own).sum(axis=1).max() < SHRUNK)


def shifts_of(leaves: list[np.ndarray]) -> np.ndarray:
    return np.tile(np.eye(leaves[0].size), (len(leaves), 1))


def connected(jacobian: np.ndarray, leaves: list[np.ndarray]) -> list[list[np.ndarray]]:
    """The leaves in groups that depend on each other."""
    groups: list[list[np.ndarray]] = []
    for leaf in leaves:
        near = [
            group
            for group in groups
            if any(jacobian[np.ix_(a, b)].any() for o in group for a, b in ((leaf, o), (o, leaf)))
        ]
        groups = [group for group in groups if not any(group is other for other in near)]
        groups.append([part for group in near for part in group] + [leaf])
    return groups


def is_root(
    interval: Interval,
    along: np.ndarray,
    slopes: np.ndarray,
    values: np.ndarray,
    first: np.ndarray,
    end: np.ndarray,
) -> bool:
    """True if the interval got narrower, and every value of a test is as small as it is narrow.

    `slopes` are the derivatives of its `values` with respect to the state, `along` with respect to
    the shifts; `first` and `end` are the state when the loop began, as far as
    it was there, and when it ended.
    """
    if not np.isfinite(slopes).all():
        return False
    total = np.abs(slopes[:, interval.ends]).sum(axis=1)
    if np.any(np.abs(along).max(axis=1) <= 1e-9 * total):
        return False
    if np.linalg.matrix_rank(along) < len(along):
        return False
    is_known = interval.is_known(first)
    if not interval.has_narrowed(first, end) if is_known else interval.steps.size:
        return False
    width = interval.width(end)
    reach = np.abs(along) @ np.maximum(width, 1e-9 * np.abs(end[interval.ends]).max())
    wide = np.maximum(width, 1e-9 * np.abs(end).max())
    own = np.concatenate([interval.ends, interval.steps])
    rest = np.delete(np.abs(slopes * end), own, axis=1)
    if rest.size and np.any(rest.max(axis=1) > 0.1 * (np.abs(along) @ wide)):
        return False
    return bool(np.all(np.abs(np.ravel(values)) <= 4.0 * reach))
