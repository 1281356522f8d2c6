-- Runs a denied program by the name of the file that its own name leads to.
-- deny: exec sh *
-- says: is denied by --deny "exec sh \*"
exec { "/bin/dash", "-c", "touch owned" }
