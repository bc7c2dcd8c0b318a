"""Published packages as programs to differentiate."""
