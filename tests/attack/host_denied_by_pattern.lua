-- Asks an address that a pattern denies.
-- deny: http * http://127.*:${port}
-- says: is denied by --deny "http \* http://127\.\*
http.get(run.evil .. "/x")
