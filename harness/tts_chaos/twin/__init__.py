"""The twin of TikTok Shop: stateful, sans-IO. State moves only by requests, commands and time."""
