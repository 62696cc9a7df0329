"""JSON Schemas of the files that people write, made of the tables that the readers check."""
