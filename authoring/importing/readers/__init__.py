"""Files of other products, read by their own names of columns."""
