"""What is made of the pages: the site and the picture of a terminal."""
