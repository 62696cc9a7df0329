"""An asynchronous order and stock connector for TikTok Shop, on any HTTP library."""
