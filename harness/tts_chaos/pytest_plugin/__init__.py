"""The pytest plugin. Importing it imports nothing heavy."""
