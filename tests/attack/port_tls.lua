-- Shakes hands at a permitted address, at another port.
-- allow: tls shop.example:*
-- allow: connect 127.0.0.1:9
-- says: "connect 127.0.0.1:[0-9]+"
tls.inspect("shop.example:" .. run.port, { address = "127.0.0.1" })
