"""The client's rules, sans-IO: events and intents in, effects out, the vault as memory; `engine.Engine` is the door."""
