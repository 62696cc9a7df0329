"""An integration that is a program of its own, in any language: configured, started, asked, ended.

Works on POSIX systems. The program reaches the twin by real sockets, so it runs in the wire world.
"""
