"""The programs on whole arrays, as the array frameworks want them.

``loss(xp, repeat, *args)``: `xp` is the framework under NumPy's names, `repeat` its loops, as
`benchmarks.peers.program_loop.Loop` has them. ``turns(*args)``, where there is one, is how often
``repeat.until`` is known to go round.
"""
