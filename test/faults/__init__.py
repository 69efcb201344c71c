"""Faults on the wire: a proxy between client and real server, the scenarios that it plays, and their matrix.

`python -m test.faults` runs the matrix and prints it as a table; `python -m test.faults D19 U16` runs some of it.
"""
