"""How a client comes to a storage URL and a token: credentials, logins, catalogues."""
