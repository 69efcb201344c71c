"""Many names by one argument: patterns, folders, and what is said when many of them fail."""
