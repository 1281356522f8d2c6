-- Writes the permitted host where the user stands.
-- allow: http GET ${good}/*
-- says: not permitted; to permit it, add this line
http.get((run.evil:gsub("//", "//127.0.0.1@")) .. "/x")
