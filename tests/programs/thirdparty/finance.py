"""Options and cash flows."""

import math

import numpy as np

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


def yield_curve(values):
    from nelson_siegel_svensson import NelsonSiegelCurve, NelsonSiegelSvenssonCurve

    level, slope, hump, time = values
    curve = NelsonSiegelCurve(level, slope, hump, time)
    longer = NelsonSiegelSvenssonCurve(level, slope, hump, 0.01, time, 3.0)
    return curve(3.0) + curve.forward(2.0) + longer(np.array([1.0, 5.0])).sum()


def option_sensitivities(values):
    from blackscholes import Black76Put, BlackScholesCall

    price, volatility, rate = values
    call = BlackScholesCall(S=price, K=95.0, T=1.0, r=rate, sigma=volatility, q=0.01)
    put = Black76Put(F=price, K=95.0, T=1.0, r=rate, sigma=volatility)
    return call.price() + call.vega() + call.charm() + 1e-3 * call.ultima() + put.theta()


def indicators(values):
    from talipp.indicators import EMA, KAMA, MACD, RSI

    swing, trend = values
    prices = [100 * (1 + swing * math.sin(0.7 * k) + 0.01 * k * trend) for k in range(60)]
    strength = RSI(14, prices)
    strength.add(1.1 * prices[-1])
    return (
        strength[-1]
        + EMA(5, prices)[-1]
        + KAMA(14, 2, 30, prices)[-1]
        + MACD(12, 26, 9, prices)[-1].signal
    )


FINANCE = "finance"
CASES = [
    Case(FINANCE, "py-vollib", "black_scholes.black_scholes", option_price, 0.2),
    Case(FINANCE, "py-vollib", "greeks.analytical.delta, vega", option_greeks, 0.2),
    Case(FINANCE, "py-vollib", "implied_volatility", implied, 12.1),
    Case(FINANCE, "mibian", "mibian.BS(...).callPrice, vega", option_object, 20.0),
    Case(FINANCE, "numpy-financial", "npv, pmt, fv", cash_flows, 0.05),
    Case(FINANCE, "numpy-financial", "irr", internal_rate, -100.0),
    Case(
        FINANCE,
        "nelson-siegel-svensson",
        "NelsonSiegelSvenssonCurve",
        yield_curve,
        (0.03, -0.02, 0.01, 1.7),
    ),
    Case(
        FINANCE, "blackscholes", "BlackScholesCall.vega", option_sensitivities, (100.0, 0.2, 0.02)
    ),
    Case(FINANCE, "talipp", "indicators.RSI, KAMA, MACD", indicators, (0.02, 0.3)),
]
