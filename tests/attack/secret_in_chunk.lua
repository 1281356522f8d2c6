-- Names a text that it compiles by the secret, so that Lua cuts the name.
-- says: unexpected symbol near
error(select(2, load("x = = ", "=" .. ("c"):rep(30) .. run.secret:rep(3))), 0)
