"""Who somebody is: keys, contact links, user names, safety numbers. Pure: clock and randomness are handed in."""
