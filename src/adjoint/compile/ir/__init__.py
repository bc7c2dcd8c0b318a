"""The structured intermediate representation of the compiled tier."""
