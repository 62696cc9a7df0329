"""What the proofs of load share: fake integrations of known behaviour, and short runs at them."""
