-- Asks a DNS server at another port than the permitted one.
-- allow: dns *
-- allow: connect 127.0.0.1:9
-- says: "connect 127.0.0.1:53"
dns.query("shop.example", "A", { server = "127.0.0.1", timeout = "1s" })
