-- http: the verbs, and what an answer can do.
local engine, primitives, parts = ...
local words = parts.words
local http = primitives.http
local request = http.request

-- The start of a body on one line. Secrets are masked first: one that is cut would not be known again.
local function start_of(body, most)
    return (engine.quote(body, most):gsub("%s+", " "))
end

local answer = {}
answer.__index = function(_, name)
    if answer[name] then return answer[name] end
    engine.raise("usage", ("an HTTP answer has no field '%s'%s"):format(tostring(name),
        words.suggest(name, { "status", "headers", "body", "url", "ip", "timings", "ok", "json",
            "expect" })))
end
answer.__metatable = false

-- answer:json(): the body read as JSON. Raises an effect failure that shows where it stops being JSON.
function answer:json()
    local ok, value = pcall(primitives.json.decode, self.body)
    if ok then return value end
    engine.raise("effect", ("%s answered with something that is not JSON (%s): %s"):format(self.url,
        tostring(value), start_of(self.body, 80)), nil, "bad_answer")
end

-- answer:expect(200, ...): returns the answer when its status is one of these; raises a check failure
-- that shows the status and the start of the body otherwise; its code is that of the status, "http.409".
-- In a plan, when a change that was not made may be why, that is to be checked, and what is returned is
-- not known. What a probe says of a request whose answer was lost (`probed`) passes.
function answer:expect(...)
    if rawget(self, "probed") and self.status // 100 == 2 then return self end
    for _, status in ipairs { ... } do
        if self.status == status then
            engine.expected()
            return self
        end
    end
    local headers = rawget(self, "headers") or {}
    parts.answer_unexpected(self.status, headers["retry-after"],
        ("%s answered %d, expected %s%s"):format(self.url, self.status, table.concat({ ... }, " or "),
            self.body ~= "" and ": " .. start_of(self.body, 200) or ""))
    return engine.unknown_of(self.url) -- in a plan, where a change that was not made is missing
end

-- The request of the C side, with methods on its answer.
function http.request(options)
    local got = request(options)
    if engine.unknown(got) then return got end
    got.ok = got.status >= 200 and got.status < 300
    return setmetatable(got, answer)
end

local function merged(base, more)
    local all = {}
    for k, v in pairs(base) do all[k] = v end
    for k, v in pairs(more or {}) do
        if k == "headers" and all.headers then
            v = merged(all.headers, v)
        end
        all[k] = v
    end
    return all
end

-- Gives `to` a function for each method, over the options `base`.
local function add_verbs(to, base)
    for _, method in ipairs { "get", "head", "options", "post", "put", "patch", "delete" } do
        -- http.get(url [, options])
        -- http.head(url [, options])
        -- http.options(url [, options])
        -- http.post(url [, options])
        -- http.put(url [, options])
        -- http.patch(url [, options])
        -- http.delete(url [, options])
        -- One request by that method, with the options of http.request. Returns its answer.
        to[method] = function(url, options)
            if type(url) ~= "string" then
                engine.raise("usage", ("http.%s wants a URL first, and options behind it: http.%s(\"https://...\", "
                    .. "{ timeout = \"5s\" })"):format(method, method))
            end
            if options ~= nil and type(options) ~= "table" then
                engine.raise("usage", ("http.%s wants a table of options behind the URL, not a %s: { json = { ... } } "
                    .. "or { body = \"text\" }"):format(method, type(options)))
            end
            local all = merged(base, options)
            all.url = all.base and not url:find("^https?://") and all.base:gsub("/+$", "") .. url or url
            all.base, all.method = nil, method:upper()
            return http.request(all)
        end
    end
    return to
end
add_verbs(http, {})

-- http.client { base = "https://host", headers = { ... }, ... }: a table of the same verbs (get, head,
-- options, post, put, patch, delete) with options that every call shares; a path in place of a URL is
-- put behind `base`.
function http.client(options)
    local known = words.takes("http.request", { base = "string" })
    known.url, known.method = nil, nil -- each call has its own
    words.fields(options, known, "http.client")
    return add_verbs({}, options)
end

-- http.merged(base, more): a table of the options of `base` with those of `more` over them; headers are
-- merged one by one. For libraries that speak HTTP themselves.
http.merged = merged

return http
