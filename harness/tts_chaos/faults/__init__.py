"""Values that describe what goes wrong; no mechanism. One small file per family."""
