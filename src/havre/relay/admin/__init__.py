"""What an operator does with a running relay, over a socket in its data folder."""
