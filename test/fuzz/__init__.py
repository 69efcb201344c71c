"""Bytes from outside, as an adversary would send them: a clear result or a typed error, in bounded time and memory."""
