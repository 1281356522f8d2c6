-- yaml: decode, decode_all, encode.
local function fails(fn, kind, words)
    local ok, why = pcall(fn)
    check(not ok, "it fails: %s", words)
    check.equal(why.kind, kind, "the kind of failure")
    check(tostring(why):find(words, 1, true), "%q says %q", tostring(why), words)
end

return runbook {
    name = "test-yaml",

    phase "yaml" { keep_going = true,
        step "one document" { function()
            local t = yaml.decode "name: shop\nports: [80, 443]\non: yes\nratio: 0.5\nnone: ~\n"
            check.equal(t.name, "shop", "text")
            check.equal(t.ports[2], 443, "an integer in a list")
            check.equal(t.on, "yes", "a word that is no boolean")
            check.equal(t.ratio, 0.5, "a fraction")
            check.equal(t.none, json.null, "null")
            check.equal(yaml.decode "", nil, "no document")
            check.equal(yaml.decode "---\n", json.null, "an empty document")
        end },

        step "several documents" { function()
            local all = yaml.decode_all "a: 1\n---\n- 2\n---\nthree\n"
            check.equal(#all, 3, "how many")
            check.equal(json.encode(all), '[{"a":1},[2],"three"]', "what they are")
            fails(function() yaml.decode "a: 1\n---\nb: 2\n" end, "effect", "2 YAML documents")
            check.equal(json.encode(yaml.decode_all ""), "[]", "none")
        end },

        step "as kubectl reads manifests" { function()
            local text = "[yes, Off, y, 'no', 1_000, -0b11, 0644, 1_a, 2026-03-01, true, 1_0.5, yES, _1]"
            check.equal(json.encode(yaml.decode_all(text, "1.1")[1]),
                '[true,false,true,"no",1000,-3,420,"1_a","2026-03-01",true,10.5,"yES","_1"]', "YAML 1.1")
            check.equal(json.encode(yaml.decode_all(text, "1.2")[1][1]), '"yes"', "YAML 1.2")
            check.equal(json.encode(k8s.documents("a: yes")), '[{"a":true}]', "k8s.documents")
            check.equal(#k8s.documents("---\na: 1\n---\n# none\n---\nnull\n"), 1, "empty documents are left out")
            fails(function() k8s.documents("a: 1\n---\nword\n") end, "effect", 'document 2 is "word"')
            fails(function() yaml.decode_all("a", "1.3") end, "usage", 'not "1.3"')
        end },

        step "there and back" { function()
            local value = { name = "shop", replicas = 3, weight = "5", on = "yes", empty = json.array(),
                map = { deep = { true, "two\nlines" } }, float = 1.0 }
            check.equal(json.encode(yaml.decode(yaml.encode(value))), json.encode(value), "the value")
            check.equal(yaml.encode { weight = "5" }, 'weight: "5"\n', "text that looks like a number")
        end },

        step "bad text says where" { function()
            fails(function() yaml.decode "a: [1, 2\nb: 3\n" end, "effect", "line 2")
            fails(function() yaml.decode "a: 1\na: 2\n" end, "effect", "line 2")
            fails(function() yaml.decode(12) end, "usage", "yaml.decode wants text, not a number")
            fails(function() yaml.encode { f = print } end, "usage", "f is a function")
        end },

        step "a small text cannot unfold into a large one" { function()
            local lines = { "a0: &a0 [x, x, x, x, x, x, x, x, x, x]" }
            for i = 1, 9 do
                local name = "*a" .. i - 1
                lines[#lines + 1] = ("a%d: &a%d [%s]"):format(i, i, (name .. ", "):rep(9) .. name)
            end
            fails(function() yaml.decode(table.concat(lines, "\n")) end, "effect", "line ")
        end },
    },
}
