"""The send room: what may go out goes out once, at the configured rate, or says why not."""
