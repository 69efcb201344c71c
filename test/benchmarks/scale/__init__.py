"""Many small objects, many names, several processes."""
