"""Functions from intermediate representation to intermediate representation."""
