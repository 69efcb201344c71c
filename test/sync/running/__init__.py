"""How what was planned is done."""
