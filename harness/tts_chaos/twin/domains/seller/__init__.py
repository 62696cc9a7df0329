"""What a seller may see about the own shops."""
