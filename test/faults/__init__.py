"""Faults on the wire, between client and real server.

`wire` is the proxy that plays them, `stores` the servers, `matrix` the scenarios and the operations that they touch,
`endurance` what takes long. `python -m test.faults` runs the matrix and prints it as a table.
"""
