"""People come in: files read row by row, understood, and stored by the usual road."""
