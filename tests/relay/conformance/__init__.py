"""What every store must do; add a store to the fixture and it is held to all of this."""
