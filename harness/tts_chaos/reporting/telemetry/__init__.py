"""Runs as OpenTelemetry traces; what needs its packages is imported only where they are used."""
