"""Rows of NumPy's callables that have no rule of their own, and what has no derivative."""

import operator

import numpy as np
from drawing import C, P, R, spd

from callables.rows import Elsewhere, alike, through, without

X5, M = R(5), np.array([True, False, True, True, False])
NAN = np.array([[1.3, np.nan, 0.4], [-0.7, 2.1, 1.9]])
GRID = np.linspace(0.0, 1.0, 5)
PLACES = np.array([[0, 1, 0], [1, 0, 0]])


def stored(change):
    """The array after `change`, which stores into it."""

    def call(x, *values):
        changed = x * x
        change(changed, *values)
        return changed * x

    return call


def nested(x):
    total = 0.0
    outer, inner = np.nested_iters([x, x], [[0], [1]])
    for _ in outer:
        for a, b in inner:
            total = total + a * b
    return total


TYPES = "a type, or a property of types"
PRINTS = "text, files, settings"
WHOLE = "integers and bits only"
DATES = "dates"
TESTS = "what it returns is no floating number"
PLAIN = "its arguments are no floating numbers"
ROUNDS = "rounds; the derivative passes (tests/trace)"
OBJECTS = "gives arrays of Python objects"
BYTES = "reads or writes bytes, not numbers"
FLAT = "its derivative is zero wherever it exists"

NUMPY = (
    alike((NAN,), "nanstd nanvar nanprod nancumsum nancumprod")
    | alike((R(2, 3),), "cumulative_sum cumulative_prod")
    | alike((R(4),), "roots poly vander trim_zeros real_if_close resize")
    | alike((R(3), R(2)), "polyadd polysub polymul union1d setxor1d")
    | alike((X5,), "sort_complex array2string array_repr array_str")
    | {
        "nanquantile": [(NAN, 0.3), (NAN, 0.3, {"axis": 0})],
        "nanpercentile": [(NAN, 30.0, {"axis": 1, "keepdims": True})],
        "nanmedian": [(NAN,), (NAN, {"axis": 1})],
        "compress": [(M, X5), ([True, False], R(3, 2), {"axis": 1})],
        "choose": through(lambda a, b: np.choose([0, 1, 0], [a, b]), R(3), R(3)),
        "unique": [(X5,)],
        "unique_values": [(X5,)],
        "unique_all": through(lambda x: np.unique_all(x).values, X5),
        "unique_counts": through(lambda x: np.unique_counts(x).values, X5),
        "unique_inverse": through(lambda x: np.unique_inverse(x).values, X5),
        "cumulative_sum": [(R(4), {"include_initial": True}), (R(2, 3), {"axis": 1})],
        "cumulative_prod": [(R(4), {"include_initial": True}), (R(2, 3), {"axis": 1})],
        "resize": [(R(3), (2, 4))],
        "trim_zeros": through(lambda x: np.trim_zeros(np.append(0.0, x)), R(3)),
        "block": through(lambda a, b: np.block([[a, b]]), R(2, 2), R(2, 3)),
        "partition": [(R(5), 2)],
        "average": [(R(4), {"weights": P(4)}), (R(2, 3), 1)],
        "insert": [(R(4), 1, R()), (R(2, 3), 1, R(2), 1)],
        "delete": [(R(5), [1, 2]), (R(5, 2), slice(1, 3), 0)],
        "put": through(stored(lambda z, v: np.put(z, [0, 2], v)), R(5), R(2)),
        "putmask": through(stored(lambda z, v: np.putmask(z, M, v)), R(5), R(5)),
        "place": through(stored(lambda z, v: np.place(z, M, v)), R(5), R(2)),
        "copyto": through(stored(lambda z, v: np.copyto(z, v, where=M)), R(5), R(5)),
        "fill_diagonal": through(stored(lambda z, v: np.fill_diagonal(z, v)), R(3, 3), R()),
        "put_along_axis": through(
            stored(lambda z, v: np.put_along_axis(z, PLACES[:, :1], v, 1)), R(2, 3), R(2, 1)
        ),
        "extract": [(M, X5)],
        "polyval": [(R(3), R(4))],
        "polyder": [(R(4),), (R(4), 2)],
        "polyint": [(R(4),), (R(4), 2)],
        "polydiv": [(np.array([1.0, -2.0, 3.0, 0.5]), np.array([0.7, -1.2]))],
        "polyfit": [(GRID, R(5), 2), (GRID + 0.1 * R(5), R(5), 1)],
        "apply_over_axes": through(lambda x: np.apply_over_axes(np.sum, x, [0, 2]), R(2, 3, 2)),
        "apply_along_axis": through(
            lambda x: np.apply_along_axis(lambda row: row / row.sum(), 1, x), R(2, 3)
        ),
        "piecewise": through(
            lambda x: np.piecewise(x, [x < 0], [lambda t: -t * t, lambda t: t**3]), R(5)
        ),
        "histogram": through(lambda w: np.histogram(GRID, 3, weights=w)[0], P(5)),
        "histogram2d": through(lambda w: np.histogram2d(GRID, GRID, 2, weights=w)[0], P(5)),
        "histogramdd": through(lambda w: np.histogramdd((GRID, GRID), 2, weights=w)[0], P(5)),
        "histogram_bin_edges": through(lambda x: np.histogram_bin_edges(x, 4), X5),
        "corrcoef": [(R(3, 5),), (R(5), R(5))],
        "cov": [(R(2, 5),), (R(5), R(5)), (R(2, 5), {"aweights": P(5)})],
        "isin": through(lambda x: x * np.isin(x, x[:2]), R(4)),
        "setdiff1d": through(lambda x: np.setdiff1d(x, x[:1]), R(3)),
        "intersect1d": through(lambda x: np.intersect1d(x, x[1:]), R(3)),
        "gradient": [(R(5),), (R(5), 0.3), (R(4, 3), np.array([0.0, 1.0, 3.0, 4.0]), {"axis": 0})],
        "i0": [(R(3),)],
        "geomspace": [(P(), P(), 5)],
        "logspace": [(R(), R(), 4), (R(), R(), 4, {"base": 3.0, "endpoint": False})],
        "astype": [(R(3), np.float64)],
        "row_stack": [((R(3), R(3)),)],
        "kaiser": [(5, P())],
        "require": [(R(2, 3), None, "C")],
        "fromfunction": through(lambda x: np.fromfunction(lambda i, j: i * x + j, (2, 3)), R()),
        "fromiter": through(lambda x: np.fromiter((t * t for t in x), float), R(5)),
        "frombuffer": through(lambda x: np.frombuffer(x * 2.0), R(5)),
        "asmatrix": through(lambda x: np.asarray(np.asmatrix(x) * np.asmatrix(x)), R(2, 2)),
        "matrix": through(lambda x: np.asarray(np.matrix(x) ** 2), R(2, 2)),
        "bmat": through(lambda x: np.asarray(np.bmat([[x, x @ x]])), R(2, 2)),
        "poly1d": through(lambda c, x: np.poly1d(c)(x) + np.poly1d(c).deriv()(x), R(3), R(4)),
        "vectorize": through(lambda x, y: np.vectorize(lambda a, b: a * b)(x, y), R(5), R()),
        "ndarray": through(lambda x: np.ndarray((2, 2), buffer=x * x), R(4)),
        "nditer": through(lambda x: sum(t * t for t in np.nditer(x)), R(2, 3)),
        "ndenumerate": through(lambda x: sum(t * i for (i, _), t in np.ndenumerate(x)), R(2, 3)),
        "flatiter": through(lambda x: sum(t * t for t in x.flat), R(2, 3)),
        "broadcast": through(lambda x, y: sum(a * b for a, b in np.broadcast(x, y)), R(3), R(2, 1)),
        "nested_iters": through(lambda x: nested(x), R(2, 3)),
        "ix_": through(lambda x: x[np.ix_([0, 1], [2, 0])], R(3, 3)),
        "einsum_path": through(
            lambda a, b: np.einsum("ij,jk", a, b, optimize=np.einsum_path("ij,jk", a, b)[0]),
            *(R(2, 3), R(3, 2)),
        ),
        "float16": ROUNDS,
        "float32": ROUNDS,
        "half": ROUNDS,
        "single": ROUNDS,
        "complex64": ROUNDS,
        "csingle": ROUNDS,
        "nextafter": [(R(), 3.0)],
        "longdouble": through(lambda x: float(np.longdouble(x)), R()),
        "float128": through(lambda x: float(np.float128(x)), R()),
        "clongdouble": through(lambda x: complex(np.clongdouble(x)), C()),
        "complex256": through(lambda x: complex(np.complex256(x)), C()),
    }
    | without(
        TYPES,
        "inexact ulonglong longlong bytes_ unsignedinteger str_ uint uint16 generic character "
        "ubyte uint32 int8 ushort dtype ufunc signedinteger iinfo floating byte complexfloating "
        "uint64 number integer short uintp int16 finfo flexible object_ uintc void ulong uint8 "
        "issubdtype isdtype typename mintypecode common_type min_scalar_type promote_types "
        "isfortran",
    )
    | without(
        PRINTS,
        "show_runtime geterrcall getbufsize setbufsize binary_repr base_repr printoptions errstate "
        "genfromtxt show_config geterr fromregex get_include load set_printoptions seterrcall info "
        "format_float_scientific seterr get_printoptions format_float_positional loadtxt savez "
        "array2string array_repr array_str save savetxt savez_compressed fromfile fromstring test "
        "memmap from_dlpack",
    )
    | without(WHOLE, "unpackbits packbits bitwise_count mask_indices ndindex")
    | without(OBJECTS, "frompyfunc")
    | without(
        DATES,
        "busdaycalendar timedelta64 datetime64 datetime_data is_busday datetime_as_string isnat "
        "busday_offset busday_count",
    )
    | without(PLAIN, "blackman hanning hamming bartlett recarray record")
    | without(TESTS, "triu_indices_from tril_indices_from diag_indices_from")
)

LINALG = alike((spd(3),), "svdvals tensorinv") | {
    "tensorinv": [(R(4, 2, 2) + np.eye(4).reshape(4, 2, 2), {"ind": 1})],
    "tensorsolve": [(R(4, 2, 2) + 5 * np.eye(4).reshape(4, 2, 2), R(4))],
    "matrix_power": [(R(3, 3), 3), (spd(2), -2), (R(2, 2), 0)],
    "multi_dot": through(lambda a, b, c: np.linalg.multi_dot([a, b, c]), R(2, 3), R(3, 4), R(4)),
    "trace": [(R(2, 3, 3),)],
    "diagonal": [(R(2, 3, 3),), (R(3, 4), {"offset": 1})],
    "cross": [(R(3), R(3))],
    "tensordot": [
        (R(2, 3), R(3, 2), {"axes": 1}),
        (R(2, 3, 4), R(4, 3), {"axes": ([1, 2], [1, 0])}),
    ],
    "matmul": [(R(2, 3), R(3, 2))],
    "matrix_transpose": [(R(2, 3, 4),)],
    "matrix_norm": [(R(2, 3),), (R(2, 3), {"ord": "nuc"}), (R(2, 3), {"ord": 1})],
    "vector_norm": [(R(3),), (R(2, 3), {"axis": 1, "ord": 3}), (R(2, 3), {"ord": 1})],
    "vecdot": [(R(2, 3), R(3)), (C(3), C(3))],
    "cond": [(spd(3),), (spd(3), 1), (spd(3), "fro")],
    "LinAlgError": "an exception",
}
FFT = (
    alike((R(2, 4),), "rfftn rfft2 fft2 fftn ifft2 ifftn fftshift ifftshift ihfft")
    | alike((C(3, 4),), "irfftn irfft2 hfft")
    | {
        "fftfreq": through(lambda d: np.fft.fftfreq(5, d), P()),
        "rfftfreq": through(lambda d: np.fft.rfftfreq(5, d), P()),
    }
)


def draw(name, **fixed):
    return lambda *args: getattr(np.random.default_rng(7), name)(*args, **fixed)


def legacy(name, **fixed):
    return lambda *args: getattr(np.random.RandomState(7), name)(*args, **fixed)


STATE = "makes, sets or shows the state of a generator"
STEPS = "draws from a discrete set: no derivative of a path exists"
# What is accepted jumps with the parameter: the draw moves as the quantile at its level.
LEVELS_HELD = Elsewhere("tests/draws/test_levels.py")
ONLY_SIZES = "its arguments are sizes"
RANDOM = (
    {
        name: through(legacy(name, size=4), *args)
        for name, args in {
            "exponential": (P(),),
            "gumbel": (R(), P()),
            "laplace": (R(), P()),
            "logistic": (R(), P()),
            "lognormal": (R(), P()),
            "multivariate_normal": (R(2), spd(2)),
            "normal": (R(), P()),
            "pareto": (P() + 1,),
            "power": (P() + 1,),
            "rayleigh": (P(),),
            "triangular": (-1.0, 0.3, 2.0),
            "uniform": (-1.0, 2.0),
            "weibull": (P() + 1,),
        }.items()
    }
    | {
        "gamma": through(lambda scale: np.random.RandomState(7).gamma(2.0, scale, 4), P()),
        "vonmises": through(lambda mu: np.random.RandomState(7).vonmises(mu, 2.0, 4), R()),
        "choice": through(legacy("choice", size=3), R(5)),
        "permutation": through(legacy("permutation"), R(5)),
        "shuffle": through(stored(lambda z: np.random.RandomState(3).shuffle(z)), R(5)),
        "Generator": through(draw("normal", size=3), R(), P()),
        "RandomState": through(legacy("normal", size=3), R(), P()),
    }
    | without(
        STATE,
        "get_state set_state seed default_rng SeedSequence MT19937 Philox PCG64 PCG64DXSM SFC64 "
        "BitGenerator bytes",
    )
    | without(
        STEPS,
        "binomial geometric hypergeometric logseries multinomial negative_binomial poisson randint "
        "random_integers zipf",
    )
    | dict.fromkeys(
        [
            *("beta", "chisquare", "dirichlet", "f", "noncentral_chisquare", "noncentral_f"),
            *("standard_gamma", "standard_t", "wald"),
        ],
        LEVELS_HELD,
    )
    | without(
        ONLY_SIZES,
        "rand randn random random_sample standard_cauchy standard_exponential standard_normal ranf "
        "sample",
    )
)
STRIDES = {
    "as_strided": through(lambda x: np.lib.stride_tricks.as_strided(x, (3, 2), (8, 8)) ** 2, R(4)),
    "sliding_window_view": [(R(6), 3)],
}
UFUNC = {
    "__call__": through(lambda x, y: np.hypot(x, y), R(3), R(2, 3)),
    "reduce": [
        *through(lambda x: np.add.reduce(x, axis=1), R(2, 3)),
        *through(lambda x: np.multiply.reduce(x, axis=(0, 1), keepdims=True), R(2, 3)),
        *through(lambda x: np.maximum.reduce(x, axis=None), R(2, 3)),
        *through(lambda x: np.logaddexp.reduce(x, axis=(0, 2)), R(2, 3, 2)),
        *through(lambda x: np.hypot.reduce(x, axis=1, keepdims=True), R(2, 3)),
        *through(lambda x: np.add.reduce(x, axis=0, where=M, initial=2.0), R(5)),
        *through(lambda x: np.hypot.reduce(x, where=M, initial=1.0), R(5)),
        *through(lambda x: np.subtract.reduce(x, axis=None, initial=1.0), R(5)),
    ],
    "accumulate": [
        *through(lambda x: np.maximum.accumulate(x, axis=1), R(2, 4)),
        *through(lambda x: np.multiply.accumulate(x), R(4)),
        *through(lambda x: np.logaddexp.accumulate(x), R(4)),
    ],
    "reduceat": [
        *through(lambda x: np.add.reduceat(x, [0, 3, 1], axis=1), R(2, 5)),
        *through(lambda x: np.multiply.reduceat(x, [0, 2]), R(5)),
    ],
    "outer": [
        *through(lambda x, y: np.add.outer(x, y), R(3), R(2, 2)),
        *through(lambda x, y: np.arctan2.outer(x, y), R(3), R(2)),
    ],
    "at": [
        *through(stored(lambda z, v: np.add.at(z, [0, 0, 1], v)), R(3), R(3)),
        *through(stored(lambda z, v: np.multiply.at(z, [0, 0, 1], v)), R(3), R(3)),
        *through(stored(lambda z: np.negative.at(z, [0, 1])), R(3)),
    ],
}
NDARRAY = (
    {
        "T": through(lambda x: x.T @ x, R(2, 3)),
        "mT": through(lambda x: x.mT @ x, R(2, 3)),
        "real": through(lambda x: x.real * 2.0, C(3)),
        "imag": through(lambda x: x.imag * 2.0, C(3)),
        "flat": through(lambda x: x.flat[2] * x.flat[1:3], R(2, 2)),
        "base": through(lambda x: x[1:].base * 2.0, R(3)),
        "astype": through(lambda x: x.astype(complex) * 1j, R(3)),
        "choose": through(lambda x, y: np.array([0, 1, 0]).choose([x, y]), R(3), R(3)),
        "clip": through(lambda x: x.clip(-0.5, 0.7), R(5)),
        "compress": through(lambda x: x.compress(M), R(5)),
        "conj": through(lambda x: x.conj() * 2j, C(3)),
        "conjugate": through(lambda x: x.conjugate() * 2j, C(3)),
        "copy": through(lambda x: x.copy() * x, R(3)),
        "diagonal": through(lambda x: x.diagonal(1), R(3, 3)),
        "dot": through(lambda x, y: x.dot(y), R(2, 3), R(3)),
        "fill": through(stored(lambda z, v: z[1:].fill(v)), R(3), R()),
        "flatten": through(lambda x: x.flatten("F"), R(2, 3)),
        "item": through(lambda x: x.item(1) * x.item(0), R(3)),
        "partition": through(stored(lambda z: z.partition(2)), R(5)),
        "put": through(stored(lambda z, v: z.put([0, 2], v)), R(5), R(2)),
        "ravel": through(lambda x: x.ravel("F"), R(2, 3)),
        "repeat": through(lambda x: x.repeat([1, 0, 2]), R(3)),
        "reshape": through(lambda x: x.reshape(3, 2, order="F"), R(2, 3)),
        "resize": through(stored(lambda z: z.resize((3, 2))), R(3, 2)),
        "sort": through(stored(lambda z: z.sort()), R(5)),
        "squeeze": through(lambda x: x.squeeze(1), R(3, 1)),
        "swapaxes": through(lambda x: x.swapaxes(0, 1), R(2, 3)),
        "take": through(lambda x: x.take([0, 2, 0]), R(3)),
        "tolist": through(lambda x: x.tolist(), R(2, 2)),
        "trace": through(lambda x: x.trace(1), R(3, 3)),
        "transpose": through(lambda x: x.transpose(1, 0), R(2, 3)),
        "view": through(lambda x: x.view(complex) * 1j, R(4)),
        "to_device": through(lambda x: x.to_device("cpu") * 2.0, R(3)),
        "data": through(lambda x: np.asarray(x.data) * 2.0, R(3)),
        "round": FLAT,
        **{
            name: through(lambda x, name=name: getattr(x, name)(axis=1), R(2, 3))
            for name in ["cumprod", "cumsum", "max", "mean", "min", "prod", "std", "sum", "var"]
        },
    }
    | without(BYTES, "byteswap getfield setfield")
    | without(
        TESTS,
        "all any argmax argmin argpartition argsort ctypes device dtype dump dumps flags itemsize "
        "nbytes ndim nonzero searchsorted setflags shape size strides tobytes tofile",
    )
)


def in_place(name):
    return through(lambda x, y: getattr(operator, name)(x * 1.0, y), P(3), P(3))


OPERATOR = (
    {name: in_place(name) for name in ["iadd", "imul", "ipow", "isub", "itruediv", "imod"]}
    | {
        "attrgetter": through(lambda x: operator.attrgetter("T")(x), R(2, 3)),
        "itemgetter": through(lambda x: operator.itemgetter(1, 2)(x), R(4)),
        "methodcaller": through(lambda x: operator.methodcaller("sum", axis=0)(x), R(4, 2)),
        "call": through(lambda x: operator.call(np.sin, x), R(4)),
        "concat": through(lambda x, y: operator.concat([x], [y]), R(), R()),
        "iconcat": through(lambda x, y: operator.iconcat([x], [y]), R(), R()),
        "imatmul": through(lambda x, y: operator.imatmul(x * 1.0, y), R(2, 2), R(2, 2)),
        "setitem": through(stored(lambda z, v: operator.setitem(z, 1, v)), R(3), R()),
        "delitem": through(lambda x: remaining([x, 2.0 * x, x * x]), R()),
        "length_hint": TESTS,
    }
    | without(WHOLE, "iand ilshift inv ior irshift ixor")
    | without(FLAT, "ifloordiv")
)


def remaining(items):
    operator.delitem(items, 1)
    return items


MATH = {"nextafter": [(0.7, 3.0)]}
TABLES = {
    "math": MATH,
    "operator": OPERATOR,
    "numpy": NUMPY,
    "numpy.linalg": LINALG,
    "numpy.fft": FFT,
    "numpy.random": RANDOM,
    "numpy.lib.stride_tricks": STRIDES,
    "numpy.ufunc": UFUNC,
    "numpy.ndarray": NDARRAY,
}
