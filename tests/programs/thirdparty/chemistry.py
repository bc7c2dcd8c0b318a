"""Chemical engineering and thermodynamics."""

from thirdparty.corpus import Case


def friction_factor(roughness):
    import fluids

    return fluids.friction_factor(Re=1e5, eD=roughness)


def isothermal_gas(diameter):
    import fluids

    return fluids.isothermal_gas(rho=11.3, fd=0.00185, P1=1e6, P2=9e5, L=1000, D=diameter)


def flash_inner_loop(fraction):
    import chemicals

    return chemicals.flash_inner_loop(zs=[fraction, 0.3, 0.7 - fraction], Ks=[1.685, 0.742, 0.532])[
        0
    ]


def peng_robinson(temperature):
    from thermo.eos import PR

    return PR(T=temperature, P=1e6, Tc=507.6, Pc=3025000.0, omega=0.2975).V_l


def unifac(fraction):
    from thermo.unifac import UNIFAC_gammas

    groups = [{1: 2, 2: 1}, {1: 1, 18: 1}]
    return UNIFAC_gammas(T=333.15, xs=[fraction, 1 - fraction], chemgroups=groups)[0]


def nusselt(reynolds):
    import ht

    return ht.conv_internal.turbulent_Gnielinski(Re=reynolds, Pr=1.2, fd=0.0185)


def steam_density(temperature):
    from iapws import IAPWS97

    return IAPWS97(T=temperature, P=1.0).rho


THERMODYNAMICS, FLOW = "thermodynamics", "fluid flow and heat"
CASES = [
    Case(FLOW, "fluids", "fluids.friction_factor", friction_factor, 1e-4),
    Case(FLOW, "fluids", "fluids.isothermal_gas", isothermal_gas, 0.5),
    Case(THERMODYNAMICS, "chemicals", "chemicals.flash_inner_loop", flash_inner_loop, 0.5),
    Case(
        THERMODYNAMICS,
        "thermo",
        "thermo.eos.PR(...).V_l",
        peng_robinson,
        299.0,
    ),
    Case(THERMODYNAMICS, "thermo", "thermo.unifac.UNIFAC_gammas", unifac, 0.5),
    Case(FLOW, "ht", "ht.conv_internal.turbulent_Gnielinski", nusselt, 2e5),
    Case(THERMODYNAMICS, "iapws", "iapws.IAPWS97(...).rho", steam_density, 400.0),
]
