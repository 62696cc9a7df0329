"""One package per API domain: stored shape, handlers, state machine, wire shape."""
