"""Google Cloud Storage as its documents have it, in memory: none that can be installed keeps its contract.

Beside what a module claims of the service stands the document that says so: pages of cloud.google.com/storage/docs by
their titles. What no document says, and was seen on other emulators only, is said to be so.
"""
