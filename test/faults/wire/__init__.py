"""The wire between client and server: a proxy, the messages that go through it, and the ways to spoil them."""
