"""adjoint: differentiate the Python people already have."""
