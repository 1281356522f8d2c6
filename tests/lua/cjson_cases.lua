-- What lua-cjson's manual and its own tests say that it does, as { name, function, what it gives }. The
-- function gets a fresh cjson and a fresh cjson.safe. tests/lua/test_cjson.lua asks ours,
-- tests/system/test_cjson.sh lua-cjson itself, save for what is marked as ours alone.
local cases = {}

local function case(name, gives, fn) cases[#cases + 1] = { name = name, gives = gives, fn = fn } end
local function ours(name, gives, fn) cases[#cases + 1] = { name = name, gives = gives, fn = fn, ours = true } end
local function decodes(text, gives) case("decode " .. text, gives, function(c) return c.decode(text) end) end
local function encodes(name, value, gives) case("encode " .. name, gives, function(c) return c.encode(value) end) end

-- One line for any value, the same for 1 and 1.0.
local function show(null, v, depth)
    if v == null then return "null" end
    if type(v) == "number" then return ("%.14g"):format(v):gsub("^-nan$", "nan"), nil end
    if type(v) == "string" then return '"' .. v .. '"' end
    if type(v) ~= "table" or (depth or 0) > 20 then return tostring(v) end
    local out = {}
    for key, value in pairs(v) do
        out[#out + 1] = ("%s=%s"):format(type(key) == "number" and ("%.14g"):format(key) or key,
            (show(null, value, (depth or 0) + 1)))
    end
    table.sort(out)
    return "{" .. table.concat(out, " ") .. "}"
end

-- What the case gives with these two modules, as text; of an error its words.
local function try(case, cjson, safe)
    local results = table.pack(pcall(case.fn, cjson, safe))
    local ok = results[1]
    for i = 1, results.n do results[i] = show(cjson.null, results[i]) end
    local text = table.concat(results, " ", ok and 2 or 1, results.n)
    -- Who complains, and of which function, is another thing here and there.
    return (text:gsub('"[^" ]*:%d+: ', '"'):gsub("to '[%w_?]+'", "to it"))
end

-- Values.
decodes('"test string"', '"test string"')
decodes("-5e3", "-5000")
decodes("-1.5", "-1.5")
decodes("[ null ]", "{1=null}")
decodes("null", "null")
decodes("[true,false]", "{1=true 2=false}")
decodes('[ 1.0, "s", [ true ], { "k": null } ]', '{1=1 2="s" 3={1=true} 4={k=null}}')
decodes('{ "1": "text keys stay text" }', '{1="text keys stay text"}')
decodes("[]", "{}")
decodes("{}", "{}")
decodes("9007199254740992", "9.007199254741e+15")
case("decode wants text", 'false "bad argument #1 to it (string expected, got nil)"', function(c) c.decode(nil) end)
case("decode wants one text", 'false "bad argument #1 to it (expected 1 argument)"', function(c) c.decode("1", "2") end)
case("a number is a text as well", "5", function(c) return c.decode(5) end)

-- Texts.
decodes([["\u0000\u0001\u001f"]], '"\0\1\31"')
decodes([["\"\\\/\b\f\n\r\t"]], '"\"\\/\b\f\n\r\t"')
decodes([["\ud834\udd1e \u20ac"]], '"𝄞 €"')
decodes([["\ud834"]], 'false "Expected value but found invalid unicode escape code at character 2"')
decodes([["\uzzzz"]], 'false "Expected value but found invalid unicode escape code at character 2"')
decodes([["\q"]], 'false "Expected value but found invalid escape code at character 2"')
decodes('"open', 'false "Expected value but found unexpected end of string at character 6"')

-- What is wrong, and where.
decodes("", 'false "Expected value but found T_END at character 1"')
decodes("[1,", 'false "Expected value but found T_END at character 4"')
decodes("[1 2]", 'false "Expected comma or array end but found T_NUMBER at character 4"')
decodes('{"a" 1}', 'false "Expected colon but found T_NUMBER at character 6"')
decodes("{a:1}", 'false "Expected object key string but found invalid token at character 2"')
decodes("{ unexpected eof: ", 'false "Expected object key string but found invalid token at character 3"')
decodes("[1]x", 'false "Expected the end but found invalid token at character 4"')
decodes("hello", 'false "Expected value but found invalid token at character 1"')
decodes('{"extra": "comma",}', 'false "Expected object key string but found T_OBJ_END at character 19"')
decodes("[0.4eg10]", 'false "Expected comma or array end but found invalid token at character 5"')
decodes("h\0i\0", 'false "JSON parser does not support UTF-16 or UTF-32"')
case("safe: nil and the words", 'nil "Expected value but found T_END at character 4"', function(_, s) return s.decode("[1,") end)
case("safe: a value that is good", "{1=1}", function(_, s) return s.decode("[1]") end)
case("safe: encode", 'nil "Cannot serialise function: type not supported"', function(_, s) return s.encode(print) end)
case("safe: arguments fail all the same", 'false "bad argument #1 to it (expected 1 argument)"', function(_, s) s.encode() end)

-- Numbers that are none of JSON's.
decodes("[ 0x6.ffp1, 0xF ]", "{1=13.9921875 2=15}")
decodes("[ NaN, nan, Infinity, -inf ]", "{1=nan 2=nan 3=inf 4=-inf}")
case("decode_invalid_numbers(false)", 'false false "Expected value but found invalid number at character 1"', function(c)
    return c.decode_invalid_numbers(false), pcall(c.decode, "0x1")
end)
case("encode NaN", 'false "Cannot serialise number: must not be NaN or Inf"', function(c) return c.encode(0 / 0) end)
case("encode infinity", 'false "Cannot serialise number: must not be NaN or Inf"', function(c) return c.encode(-math.huge) end)
case('encode_invalid_numbers("null")', '"null" "[null,null]"', function(c)
    return c.encode_invalid_numbers("null"), c.encode { 1 / 0, 0 / 0 }
end)
case("encode_invalid_numbers(true)", 'true "[inf,-inf,nan]"', function(c)
    return c.encode_invalid_numbers(true), c.encode { 1 / 0, -1 / 0, 0 / 0 }
end)
case("encode_invalid_numbers(\"maybe\")", "false", function(c) return (pcall(c.encode_invalid_numbers, "maybe")) end)

-- Encoding.
encodes("nil", nil, '"null"')
encodes("booleans", { true, false }, '"[true,false]"')
encodes("a text", "a/b \"c\" \\ é \127 \1", [[""a\/b \"c\" \\ é \u007f \u0001""]])
encodes("controls", "\b\f\n\r\t\0\31", [[""\b\f\n\r\t\u0000\u001f""]])
encodes("what is no UTF-8", "\200", '""\200""')
encodes("numbers", { 10, -10.0, 0.5, 1e300, 1e-7, 2 ^ 53 }, '"[10,-10,0.5,1e+300,1e-07,9.007199254741e+15]"')
encodes("nothing in it", {}, '"{}"')
encodes("a list in a table", { a = { 1, { b = "c" } } }, [["{"a":[1,{"b":"c"}]}"]])
encodes("a function", print, 'false "Cannot serialise function: type not supported"')
encodes("a key that is a boolean", { [true] = 1 }, 'false "Cannot serialise boolean: table key must be a number or string"')
encodes("a key that is a fraction", { [0.5] = 1 }, [["{"0.5":1}"]])
encodes("a key that is 0", { [0] = 1 }, [["{"0":1}"]])
case("encode null", '"null"', function(c) return c.encode(c.null) end)
case("encode wants one value", 'false "bad argument #1 to it (expected 1 argument)"', function(c) c.encode() end)
case("metamethods are not asked", '"{}"', function(c)
    return c.encode(setmetatable({}, { __index = function() return 1 end, __len = function() return 3 end }))
end)
case("encode_number_precision", '3 "0.333" 14 "0.33333333333333"', function(c)
    return c.encode_number_precision(3), c.encode(1 / 3), c.encode_number_precision(14), c.encode(1 / 3)
end)
case("encode_number_precision(3) counts for whole numbers", '3 "1.23e+04"', function(c)
    return c.encode_number_precision(3), c.encode(12345.0)
end)
case("encode_number_precision(0)", "false", function(c) return (pcall(c.encode_number_precision, 0)) end)

-- Sparse arrays.
encodes("a sparse array", { [3] = "data" }, [["[null,null,"data"]"]])
encodes("up to 10 places", { [10] = 1 }, '"[null,null,null,null,null,null,null,null,null,1]"')
encodes("an excessively sparse one", { [11] = 1 }, 'false "Cannot serialise table: excessively sparse array"')
case("encode_sparse_array()", "false 2 10", function(c) return c.encode_sparse_array() end)
case("encode_sparse_array(true)", [[true 2 10 "{"1000":"x"}"]], function(c)
    local convert, ratio, safe = c.encode_sparse_array(true)
    return convert, ratio, safe, c.encode { [1000] = "x" }
end)
case("encode_sparse_array(true, 2, 3)", [["[null,null,1]" "{"4":1}"]], function(c)
    c.encode_sparse_array(true, 2, 3)
    return c.encode { [3] = 1 }, c.encode { [4] = 1 }
end)
case("encode_sparse_array(false, 0)", "51", function(c)
    c.encode_sparse_array(false, 0)
    local _, commas = c.encode({ [52] = 1 }):gsub(",", "")
    return commas
end)
case("encode_sparse_array(nil, -1)", "false", function(c) return (pcall(c.encode_sparse_array, nil, -1)) end)
case("encode_sparse_array with a fourth", 'false "bad argument #4 to it (found too many arguments)"', function(c) c.encode_sparse_array(true, 1, 1, 1) end)

-- Depth.
case("decode 1000 levels", "true", function(c) return (pcall(c.decode, ("["):rep(1000) .. ("]"):rep(1000))) end)
case("decode 1001 levels", 'false "Found too many nested data structures (1001) at character 1001"', function(c)
    return c.decode(("["):rep(1001) .. ("]"):rep(1001))
end)
case("decode_max_depth(5)", '5 false "Found too many nested data structures (6) at character 6"', function(c)
    return c.decode_max_depth(5), pcall(c.decode, "[[[[[[]]]]]]")
end)
case("encode_max_depth(5)", '5 "[[[[[]]]]]" false "Cannot serialise, excessive nesting (6)"', function(c)
    local five = c.decode "[[[[[1]]]]]"
    five[1][1][1][1][1] = nil
    return c.encode_max_depth(5), (c.encode(five):gsub("{}", "[]")), pcall(c.encode, { five })
end)
case("encode what contains itself", 'false "Cannot serialise, excessive nesting (1001)"', function(c)
    local a = {}
    a[1] = a
    return c.encode(a)
end)

-- The module.
case("_NAME", '"cjson"', function(c) return c._NAME end)
case("_VERSION", "true", function(c) return c._VERSION:find("^2%.1%.0") ~= nil end)
case("encode_keep_buffer", "true false", function(c) return c.encode_keep_buffer(), c.encode_keep_buffer(false) end)
case("new: settings of its own", "1000 7 1000 1000", function(c)
    local other = c.new()
    local seven = other.encode_max_depth(7)
    return c.encode_max_depth(), seven, c.new().encode_max_depth(), other.new().encode_max_depth()
end)
case("new of safe is safe", "nil", function(_, s) return (s.new().decode "[") end)
case("there and back", '"[{},[],1.5,"x",null,true]"', function(c)
    return (c.encode(c.decode '[{},[1],1.5,"x",null,true]'):gsub("%[1%]", "[]"))
end)

-- Where ours is another.
ours("members are sorted by their bytes", [["{"":0,"1":1,"10":3,"2":2,"Z":5,"a":4,"é":6}"]], function(c)
    return c.encode { ["é"] = 6, a = 4, Z = 5, [1] = 1, [2] = 2, [10] = 3, [""] = 0 }
end)
ours("of keys that are written alike, numbers come first", [["{"1":"number","1":"text","x":0}"]], function(c)
    return c.encode { ["1"] = "text", [1] = "number", x = 0 }
end)
ours("whole numbers keep their last digits", '"[9007199254740993,-9223372036854775808]"', function(c)
    return c.encode { 9007199254740993, math.mininteger }
end)
ours("more than ten thousand levels are too many", '1000000 false "Found too many nested data structures (10001) at character 10001"', function(c)
    return c.decode_max_depth(1000000), pcall(c.decode, ("["):rep(1000000))
end)

return { cases = cases, try = try }
