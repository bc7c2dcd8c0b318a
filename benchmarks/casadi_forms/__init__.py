"""Some of the programs as CasADi's graphs.

``loss(*args)`` returns ``(inputs, value)``: for each number of ``ARGNUMS`` a symbol, whose elements
are in the order of NumPy's, and the value as an expression of them. A step is a function of scalars
(`SX`), which is mapped over data or accumulated over time.
"""
