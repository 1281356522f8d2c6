-- Asks by another name for an address that a pattern denies.
-- deny: connect 127.*:${port}
-- says: is denied by --deny "connect 127\.\*
http.get("http://elsewhere.test/x", { resolve = "127.0.0.1:" .. run.port })
