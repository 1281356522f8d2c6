return require "cjson".encode_max_depth(7) -- for test_cjson.lua
