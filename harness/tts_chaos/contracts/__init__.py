"""Reads the files under `contracts/` into operations, errors and schemas. Pure once loaded."""
