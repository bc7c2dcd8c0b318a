"""Statistics, econometrics and machine learning."""

import numpy as np

from thirdparty.corpus import Case

FIVE = np.array([1.0, 2.0, 2.5, 4.0, 5.0])
LINE = np.column_stack([np.ones(5), [1.0, 2.0, 3.0, 4.0, 5.0]])


def least_squares(regressor):
    from statsmodels.regression.linear_model import OLS

    design = np.column_stack([np.ones(5), [1.0, 2.0, 3.0, 4.0, regressor]])
    return OLS(FIVE, design).fit().params[1]


def poisson_likelihood(intercept):
    import statsmodels.api as sm

    model = sm.GLM(FIVE, LINE, family=sm.families.Poisson())
    return model.loglike(np.array([intercept, 0.2]))


def logit_likelihood(intercept):
    import statsmodels.api as sm

    return sm.Logit(np.array([0.0, 1, 0, 1, 1]), LINE).loglike(np.array([intercept, 0.2]))


def kernel_density(bandwidth):
    from statsmodels.nonparametric.kde import KDEUnivariate

    density = KDEUnivariate(np.array([1.0, 2.0, 3.0, 2.0, 4.0]))
    density.fit(bw=bandwidth, fft=False)
    return density.evaluate(2.5)[0]


def ridge(penalty):
    from sklearn.linear_model import Ridge

    model = Ridge(alpha=penalty).fit(np.array([[1.0], [2.0], [4.0]]), np.array([1.0, 2.0, 3.0]))
    return model.coef_[0]


def scaled(value):
    from sklearn.preprocessing import StandardScaler

    return StandardScaler().fit_transform(np.array([[1.0], [value], [4.0]]))[1, 0]


def scores(factor):
    from sklearn.metrics import mean_squared_error, r2_score

    truth = np.array([1.0, 2.0, 3.0])
    return mean_squared_error(truth, truth * factor) + r2_score(truth, truth * factor)


def gaussian_process(place):
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF

    process = GaussianProcessRegressor(RBF(1.0), alpha=0.1, optimizer=None)
    process.fit(np.array([[0.0], [1.0], [2.0]]), np.array([1.0, 2.0, 0.0]))
    return process.predict(np.array([[place]]))[0]


def evidence(log_length):
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF

    process = GaussianProcessRegressor(RBF(1.0), alpha=0.1, optimizer=None)
    process.fit(np.array([[0.0], [1.0], [2.0]]), np.array([1.0, 2.0, 0.0]))
    return process.log_marginal_likelihood(np.array([log_length]))


def peak_model(amplitude):
    from lmfit.models import GaussianModel

    model = GaussianModel()
    values = model.make_params(amplitude=amplitude, center=0.5, sigma=0.3)
    return model.eval(values, x=np.array([0.2, 0.4])).sum()


def tracking_filter(gain):
    from filterpy.gh import GHFilter

    tracker = GHFilter(x=0.0, dx=0.0, dt=1.0, g=gain, h=0.2)
    for measured in [1.0, 2.0, 2.5]:
        tracker.update(measured)
    return tracker.x


def linear_quadratic(control):
    import quantecon

    dynamics, action = np.array([[1.0, 0.2], [0.0, 0.9]]), np.array([[0.0], [control]])
    problem = quantecon.LQ(np.eye(1), np.eye(2), dynamics, action, beta=0.95)
    return problem.stationary_values()[0].sum()


def markov_chain(rate):
    import quantecon

    chain = quantecon.MarkovChain(np.array([[1 - rate, rate], [0.4, 0.6]]))
    return chain.stationary_distributions[0][0]


def game_value(payoff):
    import nashpy

    game = nashpy.Game(np.array([[payoff, 0.0], [0.0, 1.0]]))
    return game[np.array([0.3, 0.7]), np.array([0.4, 0.6])][0]


def log_density(x):
    from scipy import stats

    return stats.norm.logpdf(x, 0.1, scale=x) + stats.t.logpdf(x, 2.5)


def line_shapes(width):
    from lmfit import lineshapes

    places = np.array([0.1, 0.4])
    return lineshapes.voigt(places, 1.0, width, 0.5, 0.2).sum()


def kernel_determinant(length):
    from sklearn.gaussian_process.kernels import RBF, WhiteKernel

    points = np.array([[0.0], [1.0], [2.0]])
    return np.linalg.slogdet((RBF(length) + WhiteKernel(0.1))(points))[1]


STATISTICS, LEARNING, ECONOMICS = "statistics", "machine learning", "economics"
CASES = [
    Case(STATISTICS, "statsmodels", "OLS(...).fit().params", least_squares, 0.4),
    Case(STATISTICS, "statsmodels", "GLM(...).loglike", poisson_likelihood, 0.4),
    Case(STATISTICS, "statsmodels", "Logit(...).loglike", logit_likelihood, 0.4),
    Case(STATISTICS, "statsmodels", "KDEUnivariate.evaluate", kernel_density, 0.4),
    Case(STATISTICS, "scipy", "scipy.stats.norm.logpdf, t.logpdf", log_density, 0.3),
    Case(STATISTICS, "lmfit", "GaussianModel.eval", peak_model, 0.3),
    Case(STATISTICS, "lmfit", "lineshapes.voigt", line_shapes, 0.3),
    Case(STATISTICS, "filterpy", "filterpy.gh.GHFilter.update", tracking_filter, 0.3),
    Case(LEARNING, "scikit-learn", "Ridge(...).fit", ridge, 0.7),
    Case(LEARNING, "scikit-learn", "StandardScaler().fit_transform", scaled, 0.7),
    Case(LEARNING, "scikit-learn", "mean_squared_error, r2_score", scores, 0.7),
    Case(
        LEARNING,
        "scikit-learn",
        "GaussianProcessRegressor.predict",
        gaussian_process,
        0.7,
    ),
    Case(
        LEARNING,
        "scikit-learn",
        "GaussianProcessRegressor.log_marginal_likelihood",
        evidence,
        0.7,
    ),
    Case(LEARNING, "scikit-learn", "kernels.RBF, WhiteKernel", kernel_determinant, 0.7),
    Case(ECONOMICS, "quantecon", "LQ.stationary_values", linear_quadratic, 0.3),
    Case(ECONOMICS, "quantecon", "MarkovChain.stationary_distributions", markov_chain, 0.3),
    Case(ECONOMICS, "nashpy", "nashpy.Game", game_value, 0.3),
]
