"""Groups of mixed implementations: seeded random histories in which all members have to agree."""
