"""Who may call: accounts, shops, tokens and the token host."""
