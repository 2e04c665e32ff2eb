"""The app on a person's machine. Empty in this version; its import rules already hold."""
