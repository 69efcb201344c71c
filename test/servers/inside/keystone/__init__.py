"""Keystone, with Swift behind it."""
