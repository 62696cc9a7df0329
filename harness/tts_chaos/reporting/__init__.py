"""Reports: consumers of finished runs; terminal stories, JSON, histories."""
