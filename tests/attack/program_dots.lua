-- Leaves the permitted folder by dots.
-- allow: exec ./scripts/* *
-- says: ok.sh is not permitted|ok.sh owned is not permitted|scripts/../evil/ok.sh.* is not permitted
exec { "./scripts/../evil/ok.sh", "owned" }
