"""One test a rule: it forges the breach of that rule and nothing else, with the keys of a real member.

A test is called after its rule's id. `test_table` checks that none is missing.
"""
