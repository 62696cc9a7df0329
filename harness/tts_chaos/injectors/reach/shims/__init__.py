"""What is loaded into programs under test: no part of the harness, and nothing here imports it."""
