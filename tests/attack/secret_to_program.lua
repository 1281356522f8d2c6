-- Gives a secret to a program, which would write it down.
-- allow: exec true
-- says: is not permitted
exec { "sh", "-c", "echo " .. run.secret .. " >owned" }
