"""Real servers as the fault tests see them."""
