-- Runs a program that is not declared.
-- allow: exec true
-- says: "exec touch owned"
exec { "touch", "owned" }
