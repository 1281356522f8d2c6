-- json: decode, encode, null, arrays.
local function fails(fn, kind, words)
    local ok, why = pcall(fn)
    check(not ok, "it fails: %s", words)
    check.equal(why.kind, kind, "the kind of failure")
    check(tostring(why):find(words, 1, true), "%q says %q", tostring(why), words)
end

local function same(text, canonical)
    check.equal(json.encode(json.decode(text)), canonical or text, "there and back")
end

local at_load = json.decode('{"while": "loading"}')

return runbook {
    name = "test-json",

    phase "json" { keep_going = true,
        step "numbers stay what they are" { function()
            check.equal(math.type(json.decode("3")), "integer", "a whole number")
            check.equal(json.decode("9223372036854775807"), math.maxinteger, "the greatest integer")
            check.equal(math.type(json.decode("3.0")), "float", "a number with a fraction")
            same "-9223372036854775808"
            same "[0.1,1.0,-2.5]"
        end },

        step "[] and {} stay apart" { function()
            same '{"a":[],"b":{}}'
            check(json.is_array(json.decode "[]"), "[] is an array")
            check(not json.is_array(json.decode "{}"), "{} is none")
            check(json.is_array { 1, 2 }, "a list is an array")
            check(not json.is_array { 1, x = 2 }, "a mixture is none")
            check(not json.is_array "text", "text is none")
            check.equal(json.encode(json.array {}), "[]", "a marked table")
            check.equal(json.encode(json.array()), "[]", "a made one")
            check.equal(json.encode {}, "{}", "an unmarked table")
        end },

        step "null is a value" { function()
            local t = json.decode '{"a":null}'
            check.equal(t.a, json.null, "null")
            check.equal(tostring(json.null), "null", "null as text")
            same '{"a":null,"b":[null]}'
            check.equal(json.encode(nil), "null", "nil")
        end },

        step "equal values give equal text" { function()
            check.equal(json.encode { b = 1, a = { d = true, c = "x" } },
                '{"a":{"c":"x","d":true},"b":1}', "canonical text")
            check.equal(json.pretty { b = { 1 }, a = "x" },
                '{\n  "a": "x",\n  "b": [\n    1\n  ]\n}', "pretty text")
            same('"\\u00e9\\ud83d\\ude00"', '"é😀"')
        end },

        step "bad text says where" { function()
            fails(function() json.decode '{"a": 1,\n "b": }' end, "effect", "line 2, column 7")
            fails(function() json.decode "" end, "effect", "the text is not JSON")
            fails(function() json.decode "<html>" end, "effect", "line 1, column 1")
            fails(function() json.decode(("["):rep(100000)) end, "effect", "line 1")
            fails(function() json.decode(nil) end, "usage", "json.decode wants text and got none")
            fails(function() json.decode {} end, "usage", "not a table")
        end },

        step "what is no data says which" { function()
            fails(function() json.encode { a = { b = print } } end, "usage", "a.b is a function")
            fails(function() json.encode { n = 0 / 0 } end, "usage", "n is NaN")
            fails(function() json.encode { 1, x = 2 } end, "usage", "mixes a list with named members")
            fails(function() json.encode() end, "usage", "json.encode wants a value")
            fails(function() json.array(3) end, "usage", "json.array wants a table")
            local t = {}
            t.t = t
            fails(function() json.encode(t) end, "usage", "contains itself")
        end },

        step "it works while a file loads, and cannot be changed" { function()
            check.equal(at_load["while"], "loading", "what was read then")
            fails(function() json.decode = nil end, "usage", "json.decode cannot be set")
        end },
    },
}
