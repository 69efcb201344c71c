"""File objects, and what lies above them."""
