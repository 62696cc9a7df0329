"""The grammar of the TikTok Shop Open API: bytes in, values out, and back; both roles, no I/O."""
