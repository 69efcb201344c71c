"""The file systems of fsspec, by fsspec's own tests and by those who use them."""
