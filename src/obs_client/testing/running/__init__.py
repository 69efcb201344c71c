"""How the suite is run on stores: here or in worker processes, told as it goes, stopped by a signal."""
