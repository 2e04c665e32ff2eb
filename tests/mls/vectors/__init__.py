"""The MLS working group's official test vectors; what each field means stands in its test-vectors.md."""
