"""Keys, profiles and roles: who a client is."""
