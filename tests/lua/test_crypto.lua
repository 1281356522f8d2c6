-- crypto: digests and encodings against published values.
local function fails(fn, kind, words)
    local ok, why = pcall(fn)
    check(not ok, "it fails: %s", words)
    check.equal(why.kind, kind, "the kind of failure")
    check(tostring(why):find(words, 1, true), "%q says %q", tostring(why), words)
end

return runbook {
    name = "test-crypto",

    phase "crypto" { keep_going = true,
        step "SHA-256 (FIPS 180-2, appendix B)" { function()
            check.equal(crypto.sha256 "abc",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "of abc")
            check.equal(crypto.sha256 "",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "of nothing")
        end },

        step "HMAC-SHA-256 (RFC 4231)" { function()
            check.equal(crypto.hmac_sha256(("\x0b"):rep(20), "Hi There"),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", "case 1")
            check.equal(crypto.hmac_sha256("Jefe", "what do ya want for nothing?"),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", "case 2")
            check.equal(crypto.hmac_sha256(("\xaa"):rep(131),
                "Test Using Larger Than Block-Size Key - Hash Key First"),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54", "case 6")
            check.equal(#crypto.hmac_sha256("", ""), 64, "length of that of nothing")
        end },

        step "base64 (RFC 4648, section 10)" { function()
            local vectors = { [""] = "", f = "Zg==", fo = "Zm8=", foo = "Zm9v", foob = "Zm9vYg==",
                fooba = "Zm9vYmE=", foobar = "Zm9vYmFy", ["\0\xff\xfe"] = "AP/+" }
            for bytes, text in pairs(vectors) do
                check.equal(crypto.base64_encode(bytes), text, "encoded")
                check.equal(crypto.base64_decode(text), bytes, "decoded")
            end
            check.equal(crypto.base64_decode "Zm9v\nYmFy\n", "foobar", "over several lines")
            fails(function() crypto.base64_decode "Zm9*" end, "effect", "character 4")
            fails(function() crypto.base64_decode "Zm9vY" end, "effect", "it ends too early")
            fails(function() crypto.base64_decode "Zm9v\0YmFy" end, "effect", "character 5")
        end },

        step "hex" { function()
            check.equal(crypto.hex_encode "\0\x7f\xff", "007fff", "encoded")
            check.equal(crypto.hex_decode "007fFF", "\0\x7f\xff", "decoded")
            check.equal(crypto.hex_decode "", "", "nothing")
            fails(function() crypto.hex_decode "0g" end, "effect", "character 2 is no hex digit")
            fails(function() crypto.hex_decode "012" end, "effect", "3 characters")
            local long = ("ab"):rep(100000)
            check.equal(crypto.hex_encode(crypto.hex_decode(long)) == long, true, "a long one, same")
        end },

        step "equal" { function()
            check.equal(crypto.equal("a\0b", "a\0b"), true, "the same")
            check.equal(crypto.equal("a\0b", "a\0c"), false, "another byte")
            check.equal(crypto.equal("ab", "abc"), false, "another length")
            check.equal(crypto.equal("", ""), true, "nothing")
            fails(function() crypto.equal("x", nil) end, "usage", "crypto.equal wants text and got none")
        end },
    },
}
