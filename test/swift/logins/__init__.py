"""Logins by password, token and cloud: who a client is, and what a refused login advises."""
