"""How to log in to Google: chosen from the credentials, with no request and no SDK until the login itself."""
