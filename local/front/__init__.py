"""What a person sees of the local stack: the API at a plain address, a shop, and an inbox."""
