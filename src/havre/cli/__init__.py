"""The `havre` command: one module per command, which prints and decides nothing."""
