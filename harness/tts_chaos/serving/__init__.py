"""Sockets: the twin's HTTP server, TLS, the control API and the embedded fault proxy."""
