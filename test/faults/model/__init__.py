"""Any sequence of operations, by one client or two, against a plain dict: a model that nothing can go wrong in."""
