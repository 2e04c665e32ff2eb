"""What a relay holds about anybody, in words: the claims, the page made of them, and what it holds about one id."""
