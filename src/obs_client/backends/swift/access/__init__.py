"""How a client comes to a storage URL and a token: clouds, credentials, logins, catalogues."""
