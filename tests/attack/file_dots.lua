-- Writes a file beside the permitted folder.
-- allow: http GET ${good}/*
-- allow: write scripts/*
-- says: "write scripts/../owned"
http.get(run.good .. "/x", { to_file = "scripts/../owned" })
