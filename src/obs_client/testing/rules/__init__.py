"""Promises about names, attributes, containers and conditions, and about what is refused."""
