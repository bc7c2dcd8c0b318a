"""The rules of NumPy's functions, by subject."""
