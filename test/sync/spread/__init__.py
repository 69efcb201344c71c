"""A sync by several processes."""
