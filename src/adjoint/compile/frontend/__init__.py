"""Python source to intermediate representation."""
