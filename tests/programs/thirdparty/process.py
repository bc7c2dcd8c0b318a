"""Process engineering: flow, phase equilibrium, steam, moist air and comfort."""

from thirdparty.corpus import Case


def two_phase_pressure_drop(quality):
    from fluids.two_phase import two_phase_dP

    stream = {"m": 0.6, "rhol": 915.0, "rhog": 2.67, "mul": 180e-6, "mug": 14e-6, "sigma": 0.0487}
    return two_phase_dP(x=quality, D=0.05, L=1.0, Method="Friedel", **stream)


def control_valve(flow):
    from fluids.control_valve import size_control_valve_l

    liquid = {
        "rho": 965.4,
        "Psat": 70.1e3,
        "Pc": 22120e3,
        "mu": 3.1472e-4,
        "P1": 680e3,
        "P2": 220e3,
    }
    return size_control_valve_l(Q=flow, D1=0.15, D2=0.15, d=0.15, FL=0.9, Fd=0.46, **liquid)


def tank_volume(height):
    from fluids.geometry import TANK

    return TANK(D=1.2, L=4, horizontal=True, sideA="conical", sideA_a=0.3).V_from_h(height)


def orifice_flow(diameter):
    from fluids.flow_meter import differential_pressure_meter_solver

    gas = {"P1": 200000.0, "P2": 183000.0, "rho": 999.1, "mu": 0.0011, "k": 1.33}
    return differential_pressure_meter_solver(
        D=diameter, D2=0.05, meter_type="ISO 5167 orifice", taps="D", **gas
    )


def terminal_velocity(diameter):
    from fluids.drag import v_terminal

    return v_terminal(D=diameter, rhop=2600.0, rho=1000.0, mu=1e-3)


def standard_atmosphere(height):
    from fluids.atmosphere import ATMOSPHERE_1976

    air = ATMOSPHERE_1976(height)
    return air.rho * 1e3 + air.T + air.mu * 1e6


def water_density(temperature):
    from chemicals.iapws import iapws95_rho

    return iapws95_rho(temperature, 1e5)


def rachford_rice(fraction):
    from chemicals.rachford_rice import Li_Johns_Ahmadi_solution, Rachford_Rice_solution_LN2

    mixture = [fraction, 0.3, 0.7 - fraction], [1.685, 0.742, 0.532]
    return Rachford_Rice_solution_LN2(*mixture)[0] + Li_Johns_Ahmadi_solution(*mixture)[0]


def vapour_pressure(temperature):
    from thermo.eos import PR

    gas = PR(T=299.0, P=1e6, Tc=507.6, Pc=3025000.0, omega=0.2975)
    return gas.Psat(temperature)


def nrtl(temperature):
    from thermo.nrtl import NRTL

    model = NRTL(
        T=temperature,
        xs=[0.25, 0.75],
        tau_as=[[0, -1], [1, 0]],
        tau_bs=[[0, 100.0], [200.0, 0]],
        alpha_cs=[[0, 0.2], [0.2, 0]],
    )
    return model.gammas()[0]


def wilson(fraction):
    from thermo.wilson import Wilson

    return Wilson(T=343.0, xs=[fraction, 1 - fraction], lambda_as=[[0, 1.0], [-0.5, 0]]).GE()


def exchanger_units(effectiveness):
    import ht

    return ht.NTU_from_effectiveness(
        effectiveness=effectiveness, Cr=0.5, subtype="crossflow approximate"
    )


def steam_temperature(enthalpy):
    from iapws import IAPWS97

    return IAPWS97(P=1.0, h=enthalpy).T


def steam_table(celsius):
    from pyXSteam.XSteam import XSteam

    table = XSteam(XSteam.UNIT_SYSTEM_MKS)
    return table.h_pt(5.0, celsius) + table.tsat_p(celsius / 100)


def thermal_climate(celsius):
    from pythermalcomfort.models import utci

    return float(utci(tdb=celsius, tr=25, v=1.0, rh=50, round_output=False).utci)


def native_properties(temperature):
    from CoolProp.CoolProp import PropsSI

    return PropsSI("D", "T", temperature, "P", 1e5, "Water")


FLOW, THERMODYNAMICS, CLIMATE = "fluid flow and heat", "thermodynamics", "buildings and comfort"
CASES = [
    Case(FLOW, "fluids", "fluids.two_phase.two_phase_dP", two_phase_pressure_drop, 0.5),
    Case(FLOW, "fluids", "fluids.control_valve.size_control_valve_l", control_valve, 0.1),
    Case(FLOW, "fluids", "fluids.geometry.TANK.V_from_h", tank_volume, 0.3),
    Case(FLOW, "fluids", "differential_pressure_meter_solver", orifice_flow, 0.07),
    Case(FLOW, "fluids", "fluids.drag.v_terminal", terminal_velocity, 1e-3),
    Case(FLOW, "fluids", "fluids.atmosphere.ATMOSPHERE_1976", standard_atmosphere, 5000.0),
    Case(FLOW, "ht", "ht.NTU_from_effectiveness", exchanger_units, 0.6),
    Case(THERMODYNAMICS, "chemicals", "chemicals.iapws.iapws95_rho", water_density, 300.0),
    Case(THERMODYNAMICS, "chemicals", "Rachford_Rice_solution_LN2", rachford_rice, 0.3),
    Case(THERMODYNAMICS, "thermo", "thermo.eos.PR(...).Psat", vapour_pressure, 345.0),
    Case(THERMODYNAMICS, "thermo", "thermo.nrtl.NRTL.gammas", nrtl, 343.0),
    Case(THERMODYNAMICS, "thermo", "thermo.wilson.Wilson.GE", wilson, 0.25),
    Case(THERMODYNAMICS, "iapws", "iapws.IAPWS97(P, h).T", steam_temperature, 2000.0),
    Case(THERMODYNAMICS, "pyXSteam", "XSteam.h_pt, tsat_p", steam_table, 150.0),
    Case(
        THERMODYNAMICS,
        "CoolProp",
        "CoolProp.PropsSI",
        native_properties,
        300.0,
        refused="native code",
    ),
    Case(CLIMATE, "pythermalcomfort", "pythermalcomfort.models.utci", thermal_climate, 25.0),
]
