-- Reads a file that is not declared.
-- allow: http GET ${good}/*
-- says: "read /etc/passwd"|no PEM
http.get(run.good .. "/x", { ca = "/etc/passwd" })
