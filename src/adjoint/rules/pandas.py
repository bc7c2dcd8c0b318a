"""What native code of pandas does with the arrays of columns, as programs of NumPy.

Columns of floating numbers have derivatives; labels, groups and missing places have none.
"""

import numpy as np

from adjoint.errors import MissingRule
from adjoint.rules.absent import ABSENT, Native
from adjoint.rules.ruleset import followed_as, holds, only_looks

algos = Native("pandas._libs.algos")
arrays = Native("pandas._libs.arrays")
groupby = Native("pandas._libs.groupby")
indexing = Native("pandas._libs.indexing")
internals = Native("pandas._libs.internals")
lib = Native("pandas._libs.lib")
missing = Native("pandas._libs.missing")
ops_dispatch = Native("pandas._libs.ops_dispatch")
properties = Native("pandas._libs.properties")
aggregations = Native("pandas._libs.window.aggregations")

holds(internals.Block, "values")
holds(internals.BlockManager, "blocks")
holds(internals.BlockValuesRefs)
holds(arrays.NDArrayBacked, "_ndarray")
holds(indexing.NDFrameIndexerBase, "obj")


@followed_as(arrays.NDArrayBacked.copy)
def copied(self, order="C"):
    """The same kind of array with memory of its own."""
    return self._from_backing_data(self._ndarray.copy(order))


@followed_as(arrays.NDArrayBacked.repeat)
def repeated(self, repeats, axis=0):
    return self._from_backing_data(np.repeat(self._ndarray, repeats, axis))


@followed_as(arrays.NDArrayBacked.delete)
def without(self, loc, axis=0):
    return self._from_backing_data(np.delete(self._ndarray, loc, axis))


@followed_as(getattr(arrays.NDArrayBacked._concat_same_type, "__func__", ABSENT))
def concatenated(cls, to_concat, axis=0):
    parts = [part._ndarray for part in to_concat]
    return to_concat[0]._from_backing_data(np.concatenate(parts, axis))


@followed_as(properties.CachedProperty.__get__)
def cached_property(self, owner, kind):
    """``@cache_readonly``: the value is kept in the ``_cache`` of the object."""
    if owner is None:
        return self
    kept = getattr(owner, "_cache", None)
    if kept is None:
        kept = owner._cache = {}
    if self.name not in kept:
        kept[self.name] = self.fget(owner)
    return kept[self.name]


@followed_as(lib.maybe_convert_objects)
def maybe_convert_objects(objects, try_float=False, convert_to_nullable_dtype=False, **_of_others):
    """An array of the numbers among objects; of anything else the objects themselves."""
    items = objects.tolist()
    if convert_to_nullable_dtype:
        raise nullable()
    if any(isinstance(item, bool) for item in items):
        return objects
    if all(item is None or isinstance(item, float | int) for item in items):
        return np.array([np.nan if item is None else item for item in items], float)
    if all(isinstance(item, complex | float | int) for item in items):
        return np.array(items, complex)
    return objects


def nullable():
    return MissingRule(
        "a value that carries a derivative would go into a column with a mask of missing values",
        instead="use columns of dtype float64",
    )


@followed_as(lib.map_infer)
def map_infer(arr, f, convert=True, ignore_na=False):
    """`f` of every element."""
    found = np.empty(len(arr), object)
    for place, item in enumerate(arr):
        is_missing = ignore_na and isinstance(item, float) and np.isnan(item)
        found[place] = item if is_missing else f(item)
    return maybe_convert_objects(found) if convert else found


def taken_by_row(values, indexer, out, fill_value=np.nan, allow_fill=True):
    """The rows at the places of `indexer`; for a place of -1, the fill value."""
    is_missing = np.reshape(indexer == -1, (-1,) + (1,) * (np.ndim(values) - 1))
    out[...] = np.where(is_missing, fill_value, values[indexer])


def taken_by_column(values, indexer, out, fill_value=np.nan, allow_fill=True):
    out[...] = np.where(indexer == -1, fill_value, values[:, indexer])


followed_as(algos.take_1d_float64_float64)(taken_by_row)
followed_as(algos.take_1d_object_object)(taken_by_row)
followed_as(algos.take_2d_axis0_object_object)(taken_by_row)
followed_as(algos.take_2d_axis1_object_object)(taken_by_column)
followed_as(algos.take_2d_axis0_float64_float64)(taken_by_row)
followed_as(algos.take_2d_axis1_float64_float64)(taken_by_column)


@followed_as(algos.diff_2d)
def diff_2d(arr, out, periods, axis, datetimelike=False):
    """``arr[i] - arr[i - periods]``; what has no partner stays as it is in `out`."""
    later = slice(max(periods, 0), min(periods, 0) or None)
    earlier = slice(max(-periods, 0), min(-periods, 0) or None)
    if axis == 0:
        out[later] = arr[later] - arr[earlier]
    else:
        out[:, later] = arr[:, later] - arr[:, earlier]


def filling(is_forward):
    """Missing numbers take the value before them, or after, as far as `limit` allows."""

    def fill(values, mask, limit=None):
        last, count = None, 0
        places = range(len(values))
        for place in places if is_forward else reversed(places):
            if not mask[place]:
                last, count = place, 0
            elif last is not None and (limit is None or count < limit):
                values[place] = values[last]
                mask[place] = False
                count += 1

    return fill


def filling_rows(fill):
    def program(values, mask, limit=None):
        for row in range(len(values)):
            fill(values[row], mask[row], limit)

    return program


followed_as(algos.pad_inplace)(filling(True))
followed_as(algos.backfill_inplace)(filling(False))
followed_as(algos.pad_2d_inplace)(filling_rows(filling(True)))
followed_as(algos.backfill_2d_inplace)(filling_rows(filling(False)))


@followed_as(ops_dispatch.maybe_dispatch_ufunc_to_dunder_op)
def maybe_dispatch_ufunc_to_dunder_op(self, ufunc, method, *inputs, **kwargs):
    """A ufunc as the operator that it is."""
    name = ops_dispatch.UFUNC_ALIASES.get(ufunc.__name__, ufunc.__name__)
    if kwargs or method != "__call__" or name not in ops_dispatch.DISPATCHED_UFUNCS:
        return NotImplemented
    if inputs[0] is self:
        operate = getattr(self, f"__{name}__", None)
        others = inputs[1:]
    else:
        operate = getattr(self, ops_dispatch.REVERSED_NAMES.get(name, f"__r{name}__"), None)
        others = inputs[:1]
    return NotImplemented if operate is None else operate(*others)


def rolling(function):
    """A function of the numbers in each window, nan where there are too few of them."""

    def rolled(values, start, end, minp, **options):
        found = np.full(len(start), np.nan)
        for place in range(len(start)):
            window = values[start[place] : end[place]]
            numbers = window[~np.isnan(window)]
            if len(numbers) >= max(minp, 1):
                found[place] = function(numbers, **options)
        return found

    return rolled


def variance(numbers, ddof=1):
    return np.var(numbers, ddof=ddof) if len(numbers) > ddof else np.nan


followed_as(aggregations.roll_sum)(rolling(np.sum))
followed_as(aggregations.roll_mean)(rolling(np.mean))
followed_as(aggregations.roll_max)(rolling(np.max))
followed_as(aggregations.roll_min)(rolling(np.min))
followed_as(aggregations.roll_var)(rolling(variance))


@followed_as(aggregations.ewm)
def ewm(vals, start, end, minp, com, adjust, ignore_na, deltas=None, normalize=True):
    """Exponentially weighted means, or sums if not `normalize`, within each window."""
    found = np.full(len(vals), np.nan)
    for first, last in zip(start, end, strict=True):
        window = slice(first, last)
        steps = None if deltas is None else deltas[window]
        rule = weighted_means(vals[window], minp, com, adjust, ignore_na, steps, normalize)
        found[window] = rule
    return found


def weighted_means(values, minp, com, adjust, ignore_na, steps, normalize):
    decay, fresh = com / (1.0 + com), 1.0 if adjust else 1.0 / (1.0 + com)
    mean, weight, count = np.nan, 1.0, 0
    found = []
    for place, value in enumerate(values):
        is_number = not np.isnan(value)
        count += is_number
        if not np.isnan(mean):
            if is_number or not ignore_na:
                factor = decay ** (1.0 if steps is None else steps[place - 1])
                weight, mean = (weight * factor, mean) if normalize else (weight, mean * decay)
            if is_number and normalize:
                mean = (weight * mean + fresh * value) / (weight + fresh)
                weight = weight + fresh if adjust else 1.0
            elif is_number:
                mean = mean + value
        elif is_number:
            mean = value
        found.append(mean if count >= minp else np.nan)
    return np.array(found)


def grouped(function, fewest):
    """A function of the numbers of each group, in each column; nan where there are too few."""

    def program(out, counts, values, labels, min_count=-1, mask=None, result_mask=None, **options):
        if mask is not None or not options.pop("skipna", True) or options.pop("is_datetimelike", 0):
            raise nullable()
        for group in range(len(counts)):
            rows = values[labels == group]
            counts[group] += len(rows)
            for column in range(values.shape[1]):
                numbers = rows[~np.isnan(rows[:, column]), column]
                is_enough = len(numbers) >= max(min_count, fewest)
                out[group, column] = function(numbers, **options) if is_enough else np.nan

    return program


def group_spread(numbers, ddof=1, name="var"):
    found = variance(numbers, ddof)
    if name == "var":
        return found
    return np.sqrt(found / len(numbers) if name == "sem" else found)


followed_as(groupby.group_sum)(grouped(np.sum, 0))
followed_as(groupby.group_prod)(grouped(np.prod, 0))
followed_as(groupby.group_mean)(grouped(np.mean, 1))
followed_as(groupby.group_var)(grouped(group_spread, 1))
followed_as(groupby.group_max)(grouped(np.max, 1))
followed_as(groupby.group_min)(grouped(np.min, 1))


@followed_as(algos.nancorr)
def nancorr(mat, cov=False, minp=None):
    """Covariances or correlations of columns, over the rows where both are numbers."""
    count = mat.shape[1]
    found = np.full((count, count), np.nan)
    for i in range(count):
        for j in range(i + 1):
            rows = ~np.isnan(mat[:, i]) & ~np.isnan(mat[:, j])
            if np.count_nonzero(rows) >= max(minp or 1, 2):
                x, y = (mat[rows, k] - np.mean(mat[rows, k]) for k in (i, j))
                total = np.sum(x * y)
                scale = len(x) - 1 if cov else np.sqrt(np.sum(x * x) * np.sum(y * y))
                found[i, j] = found[j, i] = total / scale
    return found


@followed_as(algos.ensure_float64)
def ensure_float64(arr, copy=True):
    return np.asarray(arr, np.float64)


only_looks(properties.AxisProperty.__get__)
only_looks(missing.checknull, missing.isnaobj, missing.is_matching_na)
only_looks(algos.rank_1d, algos.rank_2d)  # ranks have no derivative
only_looks(lib.is_list_like, lib.infer_dtype, lib.is_iterator, lib.is_scalar)
