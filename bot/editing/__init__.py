"""What a municipality does with its knowledge base: read, change, try out, correct, exchange."""
