"""Adjoints of the programs, written by hand in Numba as a careful engineer would.

Each module's ``value_and_gradient`` takes what the program of the same name takes and returns
``(value, gradients)``.
"""
