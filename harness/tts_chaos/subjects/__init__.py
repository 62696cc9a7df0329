"""The integration under test, as the engine sees it."""
