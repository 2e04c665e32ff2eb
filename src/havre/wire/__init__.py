"""What crosses the network between client and relay: commands, events, records, refusals (docs/protocol.md)."""
