"""Rows of `scipy.sparse` and `scipy.spatial`."""

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as sl
import scipy.spatial as ss
import scipy.spatial.distance as sd
from drawing import P, R, spd
from scipy.spatial.transform import RigidTransform, Rotation, RotationSpline, Slerp

from callables.rows import through, without

PLACES = (np.array([0, 1, 2, 0, 2]), np.array([0, 1, 2, 1, 0]))
VALUES = np.array([4.0, 5.0, 6.0, 0.7, -0.4])
TYPES = "a type, an exception, a test or an index type"
FILES = "files, random patterns"
FORMATS = "bsr coo csc csr dia dok lil"


def matrix(values, kind=sp.csr_matrix):
    return kind(sp.coo_matrix((values, PLACES), shape=(3, 3)))


def made(function):
    return through(lambda v: function(matrix(v)).toarray(), VALUES)


SPARSE = (
    {
        f"{name}_{kind}": through(
            lambda v, x, name=f"{name}_{kind}": getattr(sp, name)(matrix(v)) @ x, VALUES, R(3)
        )
        for name in FORMATS.split()
        for kind in ("matrix", "array")
    }
    | {
        "block_array": through(
            lambda v: sp.block_array([[matrix(v, sp.csr_array)]]).toarray(), VALUES
        ),
        "block_diag": made(lambda m: sp.block_diag([m, m])),
        "bmat": made(lambda m: sp.bmat([[m, None], [None, m]])),
        "diags": through(lambda d: sp.diags(d).toarray(), R(3)),
        "diags_array": through(lambda d: sp.diags_array(d).toarray(), R(3)),
        "spdiags": through(lambda d: sp.spdiags(d, [0, 1], 3, 3).toarray(), R(2, 3)),
        "expand_dims": through(
            lambda v: sp.expand_dims(sp.coo_array((v, PLACES)), axis=0).data, VALUES
        ),
        "permute_dims": through(
            lambda v: sp.permute_dims(sp.coo_array((v, PLACES)), axes=(1, 0)).toarray(), VALUES
        ),
        "swapaxes": through(
            lambda v: sp.swapaxes(sp.coo_array((v, PLACES)), 0, 1).toarray(), VALUES
        ),
        "eye": through(lambda x: sp.eye(3) @ x, R(3)),
        "eye_array": through(lambda x: sp.eye_array(3) @ x, R(3)),
        "identity": through(lambda x: sp.identity(3) @ x, R(3)),
        "find": through(lambda v: sp.find(matrix(v))[2], VALUES),
        "hstack": made(lambda m: sp.hstack([m, m])),
        "vstack": made(lambda m: sp.vstack([m, m])),
        "kron": made(lambda m: sp.kron(m, m)),
        "kronsum": made(lambda m: sp.kronsum(m, m)),
        "tril": made(sp.tril),
        "triu": made(sp.triu),
    }
    | without(
        TYPES,
        "SparseEfficiencyWarning SparseWarning "
        "sparray spmatrix get_index_dtype issparse isspmatrix "
        "safely_cast_index_arrays " + " ".join(f"isspmatrix_{name}" for name in FORMATS.split()),
    )
    | without(FILES, "load_npz save_npz rand random random_array")
)


def iterated(name, **kwargs):
    def solve(v, b):
        found = getattr(sl, name)(matrix(v), b, **kwargs)
        return found[0]

    return through(solve, VALUES, R(3))


def symmetric(v):
    half = matrix(v)
    return half @ half.T


LINALG = (
    {
        name: iterated(name, rtol=1e-13)
        for name in ["bicg", "bicgstab", "cgs", "gcrotmk", "gmres", "lgmres", "qmr", "tfqmr"]
    }
    | {
        "cg": through(lambda v, b: sl.cg(symmetric(v), b, rtol=1e-13)[0], VALUES, R(3)),
        "minres": through(lambda v, b: sl.minres(symmetric(v), b, rtol=1e-13)[0], VALUES, R(3)),
        "lsmr": iterated("lsmr", atol=1e-14, btol=1e-14),
        "lsqr": iterated("lsqr", atol=1e-14, btol=1e-14),
        "spsolve": through(lambda v, b: sl.spsolve(matrix(v, sp.csc_matrix), b), VALUES, R(3)),
        "splu": through(lambda v, b: sl.splu(matrix(v, sp.csc_matrix)).solve(b), VALUES, R(3)),
        "spilu": through(lambda b: sl.spilu(matrix(VALUES, sp.csc_matrix)).solve(b), R(3)),
        "SuperLU": through(
            lambda v, b: sl.splu(matrix(v, sp.csc_matrix)).solve(b, "T"), VALUES, R(3)
        ),
        "factorized": through(
            lambda v, b: sl.factorized(matrix(v, sp.csc_matrix))(b), VALUES, R(3)
        ),
        "spsolve_triangular": through(
            lambda v, b: sl.spsolve_triangular(sp.csr_array(sp.tril(matrix(v))), b), VALUES, R(3)
        ),
        "inv": through(lambda v: sl.inv(matrix(v, sp.csc_matrix)).toarray(), VALUES),
        "expm": through(lambda v: sl.expm(matrix(v / 5, sp.csc_matrix)).toarray(), VALUES),
        "expm_multiply": through(lambda v, b: sl.expm_multiply(matrix(v / 5), b), VALUES, R(3)),
        "matrix_power": made(lambda m: sl.matrix_power(m, 3)),
        "norm": through(lambda v: sl.norm(matrix(v)), VALUES),
        "aslinearoperator": through(lambda v, x: sl.aslinearoperator(matrix(v)) @ x, VALUES, R(3)),
        "LinearOperator": through(
            lambda v, x: sl.LinearOperator((3, 3), lambda y: v[:3] * y, dtype=float) @ x,
            VALUES,
            R(3),
        ),
        "LaplacianNd": through(lambda x: sl.LaplacianNd((3,)) @ x, R(3)),
        "eigs": through(lambda v: sl.eigs(matrix(v), 1)[0], VALUES),
        "eigsh": through(lambda v: sl.eigsh(symmetric(v), 1)[0], VALUES),
        "svds": through(lambda v: sl.svds(matrix(v), 1)[1], VALUES),
        "lobpcg": through(lambda v: sl.lobpcg(symmetric(v), np.eye(3)[:, :1])[0], VALUES),
        "onenormest": through(lambda v: sl.onenormest(matrix(v)), VALUES),
        "funm_multiply_krylov": [],
    }
    | without(
        TYPES,
        "ArpackError ArpackNoConvergence MatrixRankWarning is_sptriangular spbandwidth use_solver",
    )
)
POINTS = R(6, 2)
PLOTS = "plots"
SPATIAL = {
    "distance_matrix": [(R(4, 2), R(3, 2))],
    "minkowski_distance": [(R(4, 2), R(4, 2), 3)],
    "minkowski_distance_p": [(R(4, 2), R(4, 2), 3)],
    "procrustes": [(R(5, 2), R(5, 2))],
    "geometric_slerp": through(
        lambda t: ss.geometric_slerp(np.array([1.0, 0, 0]), np.array([0, 1.0, 0]), t),
        np.array([0.3, 0.6]),
    ),
    "cKDTree": through(lambda x: ss.cKDTree(x).query(x, 2)[0], POINTS),
    "KDTree": through(lambda x: ss.KDTree(x).query(x, 2)[0], POINTS),
    "Rectangle": through(
        lambda x: ss.Rectangle([0.0, 0], [1.0, 1]).min_distance_point(x + 5), R(2)
    ),
    "ConvexHull": through(lambda x: ss.ConvexHull(x).volume, POINTS),
    "Delaunay": through(lambda x: x[ss.Delaunay(POINTS).simplices].sum(1), POINTS),
    "Voronoi": through(lambda x: ss.Voronoi(x).vertices, POINTS),
    "HalfspaceIntersection": through(
        lambda h: ss.HalfspaceIntersection(h, np.zeros(2)).intersections,
        np.array([[-1.0, 0.1, -1], [1, 0.2, -1], [0.1, -1, -1], [0.3, 1, -1]]),
    ),
    "SphericalVoronoi": through(
        lambda x: ss.SphericalVoronoi(x / np.linalg.norm(x, axis=1)[:, None]).vertices, R(6, 3)
    ),
    "tsearch": "what it returns is an index",
    **without(PLOTS, "convex_hull_plot_2d delaunay_plot_2d voronoi_plot_2d"),
    "QhullError": TYPES,
}
PAIRS = "braycurtis canberra chebyshev cityblock correlation cosine euclidean sqeuclidean minkowski"
BITS = "of booleans, or a test"
DISTANCE = {name: [(P(4), P(4))] for name in PAIRS.split()} | {
    "mahalanobis": [(R(3), R(3), spd(3))],
    "seuclidean": [(R(3), R(3), P(3))],
    "jensenshannon": [(P(3), P(3))],
    "directed_hausdorff": through(lambda x, y: sd.directed_hausdorff(x, y)[0], R(4, 2), R(3, 2)),
    "cdist": [(R(4, 2), R(3, 2)), (R(4, 2), R(3, 2), "cityblock")],
    "pdist": [(R(4, 2),), (R(4, 2), "cosine")],
    "squareform": through(lambda x: sd.squareform(x), P(6)),
    **without(
        BITS,
        "dice hamming jaccard rogerstanimoto russellrao sokalsneath yule is_valid_dm is_valid_y "
        "num_obs_dm num_obs_y",
    ),
}
UNIT = np.array([0.1, 0.2, 0.3])
TRANSFORM = {
    "Rotation": [
        *through(lambda v, x: Rotation.from_rotvec(v).apply(x), UNIT, R(3)),
        *through(lambda q: Rotation.from_quat(q).as_matrix(), R(4)),
        *through(lambda a: Rotation.from_euler("xyz", a).as_rotvec(), UNIT),
        *through(lambda v: Rotation.from_rotvec(v).as_euler("zyx"), UNIT),
        *through(
            lambda a, b: (Rotation.from_rotvec(a) * Rotation.from_rotvec(b).inv()).as_quat(),
            *(UNIT, R(3)),
        ),
        *through(lambda v: Rotation.from_rotvec(v).magnitude(), R(4, 3)),
    ],
    "Slerp": through(
        lambda v, t: Slerp([0.0, 1.0], Rotation.from_rotvec(v))(t).as_rotvec(),
        *(np.stack([UNIT, 2 * UNIT[::-1]]), np.array([0.3, 0.7])),
    ),
    "RotationSpline": through(
        lambda v: RotationSpline([0.0, 1.0, 2.0], Rotation.from_rotvec(v))([0.5]).as_rotvec(),
        np.stack([UNIT, 2 * UNIT[::-1], 3 * UNIT]),
    ),
    "RigidTransform": through(lambda t, x: RigidTransform.from_translation(t).apply(x), R(3), R(3)),
}
TABLES = {
    "scipy.sparse": SPARSE,
    "scipy.sparse.linalg": LINALG,
    "scipy.spatial": SPATIAL,
    "scipy.spatial.distance": DISTANCE,
    "scipy.spatial.transform": TRANSFORM,
}
