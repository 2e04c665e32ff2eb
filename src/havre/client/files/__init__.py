"""Files of any size, sealed in chunks with flat memory, resumable both ways."""
