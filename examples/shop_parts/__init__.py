"""What the Python examples share: all that does not depend on the HTTP library."""
