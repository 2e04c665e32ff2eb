-- A Prosody that holds no one back, on loopback: registration is open, passwords are stored as they come.
daemonize = false
pidfile = "prosody.pid"
data_path = "data"
network_backend = "epoll"
modules_enabled = { "roster", "saslauth", "register", "disco", "offline", "ping" }
modules_disabled = { "s2s", "tls" }
allow_registration = true
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_plain"
c2s_ports = { 15222 }
interfaces = { "127.0.0.1" }
run_as_root = true
log = { error = "prosody.err" }
VirtualHost "localhost"
