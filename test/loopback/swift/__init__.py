"""A server double that speaks Swift, taken apart by errand; `test.loopback.swift_double` is its door."""
