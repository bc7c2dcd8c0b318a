"""What is known of each public callable of the standard library's numbers, NumPy and SciPy."""
