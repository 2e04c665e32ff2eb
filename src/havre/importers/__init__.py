"""One module per messenger that people leave. Empty in this version; its import rules already hold."""
