"""Sound, and how ears and players are judged: loudness, resampling, ratings, fuzzy rules."""

import numpy as np

from thirdparty.corpus import Case

TIMES = np.arange(1600) / 4000.0


def loudness(level):
    import pyloudnorm

    tone = np.sin(2 * np.pi * 440 * TIMES) + level * np.sin(2 * np.pi * 100 * TIMES)
    return pyloudnorm.Meter(4000, block_size=0.2).integrated_loudness(tone)


def resampled(level):
    import resampy

    tone = np.sin(np.arange(60) * level)
    return np.sum(resampy.resample(tone, 8000, 4000, filter="kaiser_fast") ** 2)


def cepstrum(level):
    import python_speech_features

    tone = level * np.sin(2 * np.pi * 440 * TIMES[:400]) + 0.1 * np.cos(999 * TIMES[:400])
    return python_speech_features.mfcc(tone, 8000, nfft=256)[0, :4].sum()


def true_skill(mean):
    import trueskill

    rules = trueskill.TrueSkill()
    first, second = rules.create_rating(mu=mean), rules.create_rating()
    winner, loser = trueskill.rate_1vs1(first, second, env=rules)
    return winner.mu + loser.sigma + trueskill.quality_1vs1(first, second, env=rules)


def glicko(rating):
    import glicko2

    player = glicko2.Player(rating=rating)
    player.update_player([1400, 1550, 1700], [30, 100, 300], [1, 0, 0])
    return player.rating + player.rd


def fuzzy(width):
    import skfuzzy

    places = np.arange(0, 11, 1.0)
    member = skfuzzy.trimf(places, [0, 5 * width, 10])
    cut = np.fmin(member, 0.3 + width)
    return skfuzzy.defuzz(places, cut, "centroid") + skfuzzy.gaussmf(places, 5.0, width).sum()


def evapotranspiration(warmth):
    import refet

    day = refet.Daily(10.0 + warmth, 25.0, 1.2, 20.0, 2.0, 3.0, 100.0, 40.0, 180, "asce")
    return day.etr()[0]


def agreement(slope):
    import hydroeval

    measured = np.array([1.0, 2.0, 3.5, 2.2, 5.0])
    computed = measured * (1 + 0.1 * slope * np.arange(5))
    return hydroeval.evaluator(hydroeval.kge, computed, measured)[0, 0]


def sampling(width):
    import emcee

    state = np.random.RandomState(1).randn(8, 2)
    np.random.seed(2)
    sampler = emcee.EnsembleSampler(8, 2, lambda place: -0.5 * width * (place**2).sum())
    sampler.run_mcmc(state, 3)
    return sampler.get_log_prob().sum()


def elo(ratings):
    from elote import EloCompetitor

    first, second = (EloCompetitor(initial_rating=rating) for rating in ratings)
    expected = first.expected_score(second)
    first.beat(second)
    second.tied(first)
    return 1e-3 * first.rating + second.expected_score(first) + expected


def skill_through_time(values):
    from trueskillthroughtime import History

    games = [[["a"], ["b"]], [["b"], ["c"]], [["c"], ["a"]]]
    drift, spread = values
    history = History(games, [[0, 1], [0, 1], [0, 1]], [1, 2, 4], sigma=spread, gamma=drift)
    history.convergence(iterations=4, verbose=False)
    curve = history.learning_curves()["a"]
    return curve[0][1].mu + curve[1][1].sigma + history.log_evidence()


SOUND, GAMES, WATER = "sound", "games", "water"
CASES = [
    Case(SOUND, "pyloudnorm", "Meter.integrated_loudness", loudness, 0.4),
    Case(SOUND, "resampy", "resampy.resample", resampled, 0.4),
    Case(SOUND, "python_speech_features", "mfcc", cepstrum, 0.4),
    Case(GAMES, "trueskill", "rate_1vs1, quality_1vs1", true_skill, 25.0),
    Case(GAMES, "glicko2", "Player.update_player", glicko, 1500.0),
    Case("fuzzy logic", "scikit-fuzzy", "trimf, gaussmf, defuzz", fuzzy, 0.4),
    Case(WATER, "refet", "refet.Daily(...).etr", evapotranspiration, 0.4),
    Case(WATER, "hydroeval", "evaluator(kge, ...)", agreement, 0.4),
    Case("statistics", "emcee", "EnsembleSampler.run_mcmc", sampling, 0.4),
    Case(GAMES, "elote", "EloCompetitor.beat", elo, (1500.0, 1420.0)),
    Case(GAMES, "trueskillthroughtime", "History.convergence", skill_through_time, (0.3, 3.0)),
]
