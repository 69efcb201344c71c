"""Which small changes of the code no test sees: `test/mutate` runs it."""
