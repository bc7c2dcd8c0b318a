"""Some of the programs on whole arrays, as the array frameworks want them.

``loss(xp, repeat, *args)``: `xp` is the framework under NumPy's names, ``repeat(step, state, n)``
its loop.
"""
