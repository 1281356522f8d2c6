-- Writes a file whose name is a secret.
-- allow: http GET ${good}/*
-- says: not permitted; to permit it, add this line to `allow`: "write \$\{secret\}.txt"
http.get(run.good .. "/x", { to_file = run.secret .. ".txt" })
