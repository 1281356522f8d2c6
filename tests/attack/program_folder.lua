-- Runs a permitted name in another folder.
-- allow: exec ./ok.sh
-- allow: exec scripts/ok.sh
-- says: not permitted; to permit it, add this line to `allow`: "exec evil/./ok.sh"
exec { "./ok.sh", cwd = "evil" }
