"""The matrix: every scenario with every operation that it can touch, on every server."""
