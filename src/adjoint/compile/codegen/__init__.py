"""Intermediate representation to readable Python source."""
