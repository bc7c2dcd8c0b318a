"""Atoms: energies, forces, relaxation and molecular dynamics."""

import numpy as np

from thirdparty.corpus import Case

PLACES = np.array(
    [[0.0, 0.0, 0.0], [1.1, 0.1, 0.0], [0.4, 1.2, 0.3], [1.2, 1.1, 1.0], [2.0, 0.3, 0.4]]
)


def cluster(places, symbols="Ar5", **box):
    from ase import Atoms

    return Atoms(symbols, positions=np.reshape(places, (-1, 3)), **box)


def bound(atoms, **parameters):
    from ase.calculators.lj import LennardJones

    atoms.calc = LennardJones(**{"sigma": 1.0, "epsilon": 1.0, "rc": 3.0, **parameters})
    return atoms


def lennard_jones(places):
    return bound(cluster(places)).get_potential_energy()


def pull(places):
    forces = bound(cluster(places), smooth=True).get_forces()
    return forces[1, 2] + forces[0, 0]


def pressure(scale):
    box = {"cell": np.eye(3) * 4.0 * scale, "pbc": True}
    return bound(cluster(PLACES * scale, **box), sigma=scale, rc=2.3).get_stress()[0]


def copper(lattice):
    from ase.build import bulk
    from ase.calculators.emt import EMT

    atoms = bulk("Cu", "fcc", a=lattice)
    atoms.calc = EMT()
    return atoms.get_potential_energy()


def morse(scale):
    from ase.calculators.morse import MorsePotential

    atoms = cluster(PLACES * scale)
    atoms.calc = MorsePotential(epsilon=0.3 * scale, r0=1.05)
    return atoms.get_potential_energy()


def water(scale):
    from ase.calculators.tip3p import TIP3P

    places = [[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0], [3, 0.2, 0], [3.96, 0.2, 0.1]]
    atoms = cluster(np.array([*places, [2.76, 1.1, 0.1]]) * scale, "OH2OH2", cell=[10, 10, 10])
    atoms.calc = TIP3P(rc=4.5)
    return atoms.get_potential_energy()


def angles(places):
    atoms = cluster(places)
    return atoms.get_distance(0, 2) + atoms.get_angle(0, 1, 2) + atoms.get_dihedral(0, 1, 2, 3)


def relaxing(scale):
    from ase.optimize import FIRE

    atoms = bound(cluster(PLACES * scale))
    FIRE(atoms, logfile=None).run(fmax=1e-9, steps=3)
    return atoms.get_potential_energy()


def moving(scale):
    from ase.md.verlet import VelocityVerlet

    atoms = bound(cluster(PLACES * scale))
    VelocityVerlet(atoms, timestep=1.0).run(3)
    return atoms.get_kinetic_energy() + atoms.get_positions()[0, 1]


def superposed(values):
    import rmsd

    first = np.array(
        [[values[0], 1.0, 0.2], [0.3, values[1], 1.0], [1, 0.5, 0.2], [0.1, 0.9, -0.4]]
    )
    second = np.array([[0.0, 1.0, 0.0], [0.5, 0.2, 1.1], [1.0, 0.7, 0.1], [0.0, 1.0, -0.5]])
    first, second = (places - rmsd.centroid(places) for places in (first, second))
    return rmsd.kabsch_rmsd(first, second) + rmsd.quaternion_rmsd(first, second)


ALL, MOLECULES = tuple(PLACES.ravel()), "molecules"
CASES = [
    Case(MOLECULES, "ase", "ase.calculators.lj.LennardJones", lennard_jones, ALL),
    Case(MOLECULES, "ase", "LennardJones(smooth=True), get_forces", pull, ALL),
    Case(MOLECULES, "ase", "Atoms(cell=..., pbc=True).get_stress", pressure, 0.9, 1e-4),
    Case(MOLECULES, "ase", "ase.calculators.emt.EMT", copper, 3.6, 1e-4),
    Case(MOLECULES, "ase", "ase.calculators.morse.MorsePotential", morse, 1.0, 1e-4),
    Case(MOLECULES, "ase", "ase.calculators.tip3p.TIP3P", water, 1.0),
    Case(MOLECULES, "ase", "Atoms.get_distance, get_angle, get_dihedral", angles, ALL),
    Case(MOLECULES, "ase", "ase.optimize.FIRE", relaxing, 1.1),
    Case(MOLECULES, "ase", "ase.md.verlet.VelocityVerlet", moving, 1.1),
    Case(MOLECULES, "rmsd", "kabsch_rmsd, quaternion_rmsd", superposed, (0.3, 0.4)),
]
