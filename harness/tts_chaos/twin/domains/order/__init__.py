"""Orders: how they are placed, move, and are read."""
