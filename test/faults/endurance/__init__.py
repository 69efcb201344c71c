"""What lasts, and what is ended: soaks, sweeps, kills, long outages, and what `cleanup` finds after them."""
