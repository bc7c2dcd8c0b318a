"""Decides, from numbers alone, where a loop that narrowed an interval has found a root.

Run as it is, never recorded. The interval is the part of the state that moves as one: shifting all
of it by e shifts it by e in the next iteration too. Loops over arrays narrow an interval for each
element, so what is shifted is a vector, and every array of the interval holds it.
"""

import numpy as np

AS_ONE = 1e-2  # how exactly the interval moves as one


NOT_FOUND = "it narrows an interval, but what has its root there was not found"
UNDECIDED = "what decides where it goes has no derivative"


def intervals_of(
    jacobian: np.ndarray, count: int, sizes: list[int]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """The parts of the state that move as one in each of `count` elements, with their shifts.

    Each is a block of indices, and a matrix with the block's values for a unit shift of an element.
    """
    starts = np.cumsum([0, *sizes])
    leaves = [
        np.arange(start, start + size)
        for start, size in zip(starts, sizes, strict=False)
        if size == count
    ]
    while leaves:
        block = np.concatenate(leaves)
        moved = jacobian[np.ix_(block, block)] @ shifts_of(leaves)
        gaps = np.abs(moved - shifts_of(leaves)).max(axis=1).reshape(len(leaves), count)
        stays = gaps.max(axis=1) < AS_ONE
        if stays.all():
            break
        leaves = [leaf for leaf, stay in zip(leaves, stays, strict=True) if stay]
    return [
        (np.concatenate(group), shifts_of(group))
        for group in connected(jacobian, leaves)
        if len(group) > 1
    ]


def shifts_of(leaves: list[np.ndarray]) -> np.ndarray:
    return np.tile(np.eye(leaves[0].size), (len(leaves), 1))


def connected(jacobian: np.ndarray, leaves: list[np.ndarray]) -> list[list[np.ndarray]]:
    """The leaves in groups that depend on each other: a counter moves as one too, but alone."""
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
    along: np.ndarray,
    slopes: np.ndarray,
    values: np.ndarray,
    first: np.ndarray,
    end: np.ndarray,
    block: np.ndarray,
    shifts: np.ndarray,
) -> bool:
    """True if the interval got narrower, and every value of a test is as small as it is narrow.

    `slopes` are the derivatives of its `values` with respect to the state, `along` with respect to
    the shifts; `first` and `end` are the state when the loop began, as far as
    it was there, and when it ended.
    """
    if not np.isfinite(slopes).all():
        return False
    total = np.abs(slopes[:, block]).sum(axis=1)
    if np.any(np.abs(along).max(axis=1) <= 1e-9 * total):
        return False
    if np.linalg.matrix_rank(along) < len(along):
        return False
    held, began = ends_of(end, block, shifts), ends_of(first, block, shifts)
    if is_known(began) and not has_narrowed(began, held):
        return False
    least = 1e-9 * np.abs(end[block]).max()
    near = np.maximum(np.ptp(held, axis=0), least)
    reach = np.abs(along) @ near
    rest = np.delete(np.abs(slopes * end), block, axis=1)
    wide = np.maximum(np.ptp(held, axis=0), 1e-9 * np.abs(end).max())
    if rest.size and np.any(rest.max(axis=1) > 0.1 * (np.abs(along) @ wide)):
        return False
    return bool(np.all(np.abs(np.ravel(values)) <= 4.0 * reach))


def has_closed(first: np.ndarray, end: np.ndarray, block: np.ndarray, shifts: np.ndarray) -> bool:
    """True if it is known where an interval began, and that it got narrower."""
    began = ends_of(first, block, shifts)
    return is_known(began) and has_narrowed(began, ends_of(end, block, shifts))


def ends_of(state: np.ndarray, block: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """The ends of an interval (rows) in each of its elements (columns)."""
    return state[block].reshape(-1, shifts.shape[1])


def is_known(began: np.ndarray) -> bool:
    """True if at least two ends of each element were there when they began."""
    return bool(np.all(np.sum(~np.isnan(began), axis=0) >= 2))


def has_narrowed(began: np.ndarray, held: np.ndarray) -> bool:
    """True if the ends (rows) came nearer in one of the elements: those that are only exchanged,
    as by sorting, do not."""
    width = np.nanmax(began, axis=0) - np.nanmin(began, axis=0)
    return bool(np.any(np.ptp(held, axis=0) < width))
