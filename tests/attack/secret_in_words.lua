-- Says it, letter by letter, in an error.
-- says: the secret is
error("the secret is " .. run.secret .. ", " .. crypto.base64_encode(run.secret))
