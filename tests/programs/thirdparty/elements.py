"""Finite elements, fields, interpolation in space."""

import numpy as np

from thirdparty.corpus import Case


def tip_of_a_cantilever(point):
    from Pynite import FEModel3D

    length, inertia, load = point
    model = FEModel3D()
    model.add_node("A", 0.0, 0.0, 0.0)
    model.add_node("B", length, 0.0, 0.0)
    model.add_material("steel", 29000.0, 11200.0, 0.3, 0.00028)
    model.add_section("section", 20.0, 50.0, inertia, 3.0)
    model.add_member("M", "A", "B", "steel", "section")
    model.def_support("A", *[True] * 6)
    model.add_node_load("B", "FY", -load)
    model.add_member_dist_load("M", "Fy", -0.1, -0.2)
    model.analyze(check_statics=False)
    moment = model.members["M"].moment("Mz", length / 2.0, "Combo 1")
    return model.nodes["B"].DY["Combo 1"] + moment


def compliance_of_a_membrane(point):
    from skfem import Basis, BilinearForm, ElementTriP1, LinearForm, MeshTri, asm, condense, solve
    from skfem.helpers import dot, grad

    mesh = MeshTri().refined(2)
    basis = Basis(mesh, ElementTriP1())

    @BilinearForm
    def stiffness(u, v, w):
        return (1.0 + point[0] * w.x[0]) * dot(grad(u), grad(v))

    @LinearForm
    def load(v, w):
        return point[1] * v

    matrix, forces = asm(stiffness, basis), asm(load, basis)
    return forces @ solve(*condense(matrix, forces, D=mesh.boundary_nodes()))


def kriging(values):
    from pykrige.ok import OrdinaryKriging

    settings = {"sill": 1.0, "range": 2.0, "nugget": 0.05}
    field = OrdinaryKriging(
        [0.0, 1.0, 2.0, 0.5],
        [0.0, 1.0, 0.3, 1.5],
        [values[0], 2.0, values[1], 0.7],
        variogram_model="exponential",
        variogram_parameters=settings,
    )
    estimate, variance = field.execute("points", [0.7], [0.6])
    return estimate[0] + variance[0]


def difference_operators(values):
    from findiff import FinDiff

    return (FinDiff(0, 0.1, 2, acc=2)(np.array(values)) ** 2).sum()


def continuous_beam(values):
    from pycba import BeamAnalysis

    length, load = values
    beam = BeamAnalysis([length, 7.0], 3.6e5 * np.ones(2), [-1, 0, -1, 0, -1, 0])
    beam.add_udl(1, load)
    beam.add_pl(2, 50.0, 3.0)
    beam.analyze()
    return float(beam.beam_results.R[0] + beam.beam_results.vRes[0].M[30])


VALUES = (0.5, 1.2, 0.3, 0.8, 0.1, 0.4)
CASES = [
    Case("structures", "PyNiteFEA", "FEModel3D.analyze", tip_of_a_cantilever, (10.0, 200.0, 5.0)),
    Case("structures", "scikit-fem", "asm, condense, solve", compliance_of_a_membrane, (1.3, 0.4)),
    Case("geostatistics", "PyKrige", "OrdinaryKriging.execute", kriging, (1.3, 0.4)),
    Case("differential equations", "findiff", "FinDiff", difference_operators, VALUES),
    Case("structures", "PyCBA", "BeamAnalysis.analyze", continuous_beam, (7.5, 20.0)),
]
