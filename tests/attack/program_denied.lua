-- Runs a denied program under another name.
-- deny: exec evil/ok.sh *
-- says: it is denied by --deny "exec evil/ok.sh
exec { "scripts/link.sh" }
