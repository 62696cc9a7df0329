"""The bundled reference integration: small, production-grade, meant to be copied."""
