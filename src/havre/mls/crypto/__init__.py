"""The primitives behind one protocol (`provider`), natively (`native`), and MLS's labels (`suite`)."""
