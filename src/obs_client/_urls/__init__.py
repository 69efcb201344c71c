"""What storage URLs are made of: schemes, paths, options, and quantities as people write them."""
