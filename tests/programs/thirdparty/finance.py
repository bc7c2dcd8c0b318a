"""Options and cash flows."""

from thirdparty.corpus import Case


def option_price(volatility):
    from py_vollib.black_scholes import black_scholes

    return black_scholes("c", 100, 95, 0.5, 0.01, volatility)


def option_greeks(volatility):
    from py_vollib.black_scholes.greeks.analytical import delta, vega

    given = ("c", 100, 95, 0.5, 0.01, volatility)
    return delta(*given) + vega(*given)


def implied(price):
    from py_vollib.black_scholes.implied_volatility import implied_volatility

    return implied_volatility(price, 100, 95, 0.5, 0.01, "c")


def option_object(volatility):
    import mibian

    option = mibian.BS([1.4565, 1.45, 1, 30], volatility=volatility)
    return option.callPrice + option.vega


def cash_flows(rate):
    import numpy_financial as npf

    flows = npf.npv(rate, [-100, 20, 40, 80])
    return npf.pmt(rate, 12, 1000) + flows + npf.fv(rate, 5, -10, -100)


def internal_rate(paid):
    import numpy_financial as npf

    return npf.irr([paid, 39, 59, 55, 20])


FINANCE = "finance"
CASES = [
    Case(FINANCE, "py-vollib", "black_scholes.black_scholes", option_price, 0.2),
    Case(FINANCE, "py-vollib", "greeks.analytical.delta, vega", option_greeks, 0.2),
    Case(FINANCE, "py-vollib", "implied_volatility", implied, 12.1),
    Case(FINANCE, "mibian", "mibian.BS(...).callPrice, vega", option_object, 20.0),
    Case(FINANCE, "numpy-financial", "npv, pmt, fv", cash_flows, 0.05),
    Case(FINANCE, "numpy-financial", "irr", internal_rate, -100.0),
]
