-- Follows a link out of the permitted folder.
-- allow: exec ./scripts/*
-- says: not permitted; to permit it, add this line to `allow`: "exec ./scripts/link.sh"
exec { "./scripts/link.sh" }
