-- Is permitted to connect to one port, and names none, so that it is another.
-- allow: http GET http://shop.example:*
-- allow: connect 127.0.0.1:9
-- says: "connect 127.0.0.1:[0-9]+"
http.get("http://shop.example:" .. run.port .. "/x", { resolve = "127.0.0.1" })
