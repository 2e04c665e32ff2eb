"""Havre's MLS in groups with other people's implementations; run by `make interop`.

What we found in the peers, and live with here:

ts-mls 1.6.4
- refuses to join a valid tree in which nodes above an unmerged leaf list different unmerged leaves
  (`History.strict` settles a group before one of its members joins);
- does not notice its removal by a commit that gives its leaf to a newcomer;
- does not compare the keys of a path with those that follow from its secret, which RFC 9420 §7.5
  asks for (`test_ts_mls` shows that we do);
- has the bare key in the external_pub extension, where RFC 9420 §12.4.3.2 has a vector;
- keeps no private key for an Update proposal, so only ours are proposed;
- gives its key packages a lifetime without end unless it is told another;
- its X-Wing derives key pairs without the labels of draft-ietf-hpke-pq (`ts_member.mjs` puts them in).

mls-rs 0.55 by its Python bindings
- has no epoch authenticator to read, so it is looked for in the stored state;
- fails on a late message whose sender has left since;
- has neither Update proposals, external commits, pre-shared keys, nor the post-quantum suite.
"""
