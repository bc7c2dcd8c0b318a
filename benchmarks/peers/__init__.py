"""The peers: each module's ``prepare(problem)`` returns ``(primal, value_and_gradient)``.

Both take no arguments; the second returns ``(value, (by_speed, by_angle))`` as floats. Importing
a peer whose package is not installed raises `ModuleNotFoundError`, which the worker reports.
"""
