"""An order and stock connector for TikTok Shop on requests."""
