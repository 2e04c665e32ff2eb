#!/bin/sh
# Run by certbot whenever it has a new certificate: the relay may not read certbot's own folder, so it gets a copy.
set -eu
install -m 0640 -g havre "$RENEWED_LINEAGE/privkey.pem" /etc/havre/key.pem
install -m 0640 -g havre "$RENEWED_LINEAGE/fullchain.pem" /etc/havre/certificate.pem
