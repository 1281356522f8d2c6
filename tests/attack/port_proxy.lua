-- Is permitted one port of a proxy, and names none, which is 1080.
-- allow: http GET http://shop.example
-- allow: connect 127.0.0.1:9
-- says: "connect 127.0.0.1:1080"
http.get("http://shop.example/x", { proxy = "http://127.0.0.1" })
