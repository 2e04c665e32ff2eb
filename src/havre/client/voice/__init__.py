"""Voice notes: recordings become Ogg with Opus, with the length and waveform that a message says of them."""
