-- parser: PromQL text into a tree. Every node has kind, type ("scalar", "vector", "matrix" or
-- "string") and at (its byte in the text); mistakes of grammar and type are raised as { kind =
-- "bad_data", message } with line and column, worded as Prometheus words them.
local functions = require "runbook.world.promql.functions"
local lexer = require "runbook.world.promql.lexer"
local regex = require "runbook.world.regex"
local types = require "runbook.world.promql.types"

local parser = {}

local AGGREGATORS = {
    sum = "plain", avg = "plain", min = "plain", max = "plain", count = "plain", topk = "scalar",
    bottomk = "scalar",
}
local BINDING = {
    ["or"] = 1, ["and"] = 2, unless = 2, ["=="] = 3, ["!="] = 3, ["<"] = 3, [">"] = 3, ["<="] = 3,
    [">="] = 3, ["+"] = 4, ["-"] = 4, ["*"] = 5, ["/"] = 5, ["%"] = 5, ["^"] = 6,
}
local UNARY_BINDING = 5

local state = {}
state.__index = state

function state:peek() return self.tokens[self.place] end

function state:next()
    local token = self.tokens[self.place]
    self.place = self.place + 1
    return token
end

function state:fail(token, message) lexer.fail(self.text, token.at, message) end

local function shown(token)
    if token.kind == "end" then return "end of input" end
    if token.kind == "name" then return ("identifier %q"):format(token.text) end
    return ("%s %q"):format(#token.kind > 2 and token.kind or "character", token.text)
end

function state:unexpected(token, where)
    self:fail(token, ("unexpected %s in %s"):format(shown(token), where))
end

-- Takes the next token when it is of `kind`; else nil.
function state:accept(kind)
    if self:peek().kind == kind then return self:next() end
end

function state:expect(kind, where)
    return self:accept(kind) or self:unexpected(self:peek(), where)
end

-- Takes the next token when it is the word `word`.
function state:word(word)
    local token = self:peek()
    return token.kind == "name" and token.text:lower() == word and self:next() or nil
end

local function label_list(self, where)
    local names = {}
    self:expect("(", where)
    while not self:accept(")") do
        names[#names + 1] = self:expect("name", where).text
        if not self:accept(",") and self:peek().kind ~= ")" then self:unexpected(self:peek(), where) end
    end
    return names
end

-- A test on labels for one matcher; a label that is not there counts as "".
local function matcher_test(name, op, value, matches)
    if op == "=" then return function(labels) return (labels[name] or "") == value end end
    if op == "!=" then return function(labels) return (labels[name] or "") ~= value end end
    local wanted = op == "=~"
    return function(labels) return matches(labels[name] or "") == wanted end
end

local MATCH_OPS = { ["="] = true, ["!="] = true, ["=~"] = true, ["!~"] = true }

local function matchers(self, node)
    while not self:accept("}") do
        local name = self:expect("name", "label matching").text
        local op = self:next()
        if not MATCH_OPS[op.kind] then self:unexpected(op, "label matching, expected label matching operator") end
        local value = self:expect("string", "label matching")
        local matches, problem
        if op.kind:find("~", 1, true) then
            matches, problem = regex.compile(value.value)
            if not matches then self:fail(value, "error parsing regexp: " .. problem) end
        end
        local test = matcher_test(name, op.kind, value.value, matches)
        local matches_empty = test({})
        node.selective = node.selective or not matches_empty
        if name == "__name__" and op.kind == "=" then node.name = value.value end
        table.insert(node.matchers, { name = name, op = op.kind, value = value.value, test = test })
        if not self:accept(",") and self:peek().kind ~= "}" then self:unexpected(self:peek(), "label matching") end
    end
end

local function selector(self, token)
    local node = { kind = "selector", type = "vector", at = token.at, matchers = {} }
    if token.kind == "name" then
        node.name, node.selective = token.text, true
        if self:accept("{") then matchers(self, node) end
    else
        matchers(self, node)
    end
    if not node.selective then
        self:fail(token, "vector selector must contain at least one non-empty matcher")
    end
    return node
end

-- The range and the offset that may follow an operand.
local function with_suffix(self, node)
    local bracket = self:accept("[")
    if bracket then
        local length = self:expect("duration", "duration")
        if self:peek().kind == ":" then self:fail(bracket, "subqueries are not supported by this evaluator") end
        self:expect("]", "range selector")
        if node.kind ~= "selector" then self:fail(bracket, "ranges only allowed for vector selectors") end
        if length.value == 0 then self:fail(length, "duration must be greater than 0") end
        node.range, node.type = length.value, "matrix"
    end
    if self:peek().kind == "@" then self:fail(self:peek(), "the @ modifier is not supported by this evaluator") end
    local offset = self:word("offset")
    if offset then
        local sign = self:accept("-") and -1 or 1
        local length = self:expect("duration", "offset")
        if node.kind ~= "selector" then
            self:fail(offset, "offset modifier must be preceded by an instant vector selector or range "
                .. "vector selector or a subquery")
        end
        node.offset = sign * length.value
    end
    return node
end

local expression

local function arguments(self, where)
    local list = {}
    self:expect("(", where)
    while not self:accept(")") do
        list[#list + 1] = expression(self, 0)
        if self:accept(",") then
            if self:peek().kind == ")" then self:fail(self:peek(), "trailing commas not allowed in " .. where) end
        elseif self:peek().kind ~= ")" then
            self:unexpected(self:peek(), where)
        end
    end
    return list
end

local function call(self, token)
    local known = functions.table[token.text]
    if not known then self:fail(token, ("unknown function with name %q"):format(token.text)) end
    local list = arguments(self, "function call")
    local most, least = #known.takes, known.needs or #known.takes
    if #list < least or #list > most then
        self:fail(token, ("expected %s%d argument(s) in call to %q, got %d"):format(
            least == most and "" or #list < least and "at least " or "at most ",
            #list < least and least or most, token.text, #list))
    end
    for index, argument in ipairs(list) do
        types.expect(self.text, argument, known.takes[index], ("call to function %q"):format(token.text))
    end
    return { kind = "call", type = known.gives, at = token.at, fn = known, arguments = list }
end

local function grouping(self, node)
    local by = self:word("by")
    if not by and not self:word("without") then return false end
    node.without = not by
    node.labels = label_list(self, "grouping opts")
    return true
end

local function aggregate(self, token)
    local op = token.text:lower()
    local node = { kind = "aggregate", type = "vector", at = token.at, op = op, labels = {} }
    local before = grouping(self, node)
    local list = arguments(self, "aggregation")
    if not before then grouping(self, node) end
    local wants = AGGREGATORS[op] == "scalar" and 2 or 1
    if #list ~= wants then
        self:fail(token, ("wrong number of arguments for aggregate expression provided, expected %d, got %d")
            :format(wants, #list))
    end
    node.argument, node.parameter = list[wants], wants == 2 and list[1] or nil
    types.expect(self.text, node.argument, "vector", "aggregation expression")
    if node.parameter then types.expect(self.text, node.parameter, "scalar", "aggregation parameter") end
    return node
end

local function operand(self)
    local token = self:next()
    local kind = token.kind
    if kind == "number" then return { kind = "number", type = "scalar", at = token.at, value = token.value } end
    if kind == "string" then return { kind = "string", type = "string", at = token.at, value = token.value } end
    if kind == "(" then
        local inner = expression(self, 0)
        self:expect(")", "paren expression")
        return { kind = "paren", type = inner.type, at = token.at, inner = inner }
    end
    if kind == "+" or kind == "-" then
        local inner = expression(self, UNARY_BINDING)
        types.check_unary(self.text, token, inner)
        if kind == "+" then return inner end
        return { kind = "negate", type = inner.type, at = token.at, inner = inner }
    end
    if kind == "{" then return selector(self, token) end
    if kind == "name" then
        local word, follows = token.text:lower(), self:peek()
        if AGGREGATORS[word] and (follows.kind == "(" or follows.text == "by" or follows.text == "without") then
            return aggregate(self, token)
        end
        if follows.kind == "(" then return call(self, token) end
        if word == "inf" then return { kind = "number", type = "scalar", at = token.at, value = math.huge } end
        if word == "nan" then return { kind = "number", type = "scalar", at = token.at, value = 0 / 0 } end
        if not BINDING[word] then return selector(self, token) end
    end
    if kind == "end" and token.at == 1 then self:fail(token, "no expression found in input") end
    self:unexpected(token, "expression")
end

local function matching(self, node)
    local on = self:word("on")
    local ignoring = not on and self:word("ignoring")
    if not on and not ignoring then return end
    node.on = on ~= nil
    node.match_labels = label_list(self, "grouping opts")
    for _, word in ipairs { "group_left", "group_right" } do
        local token = self:word(word)
        if token then self:fail(token, word .. " is not supported by this evaluator") end
    end
end

-- An expression whose operators bind tighter than `least`.
function expression(self, least)
    local left = with_suffix(self, operand(self))
    while true do
        local token = self:peek()
        local op = token.kind == "name" and token.text:lower() or token.kind
        local binding = BINDING[op]
        if not binding or binding <= least then return left end
        self:next()
        local node = { kind = "binary", at = left.at, op_at = token.at, op = op, left = left }
        local bool = self:word("bool")
        if bool and not types.COMPARISONS[op] then
            self:fail(bool, "bool modifier can only be used on comparison operators")
        end
        node.bool = bool ~= nil
        matching(self, node)
        node.right = expression(self, op == "^" and binding - 1 or binding)
        types.settle_binary(self.text, node)
        left = node
    end
end

-- The tree of `text`; raises { kind = "bad_data", message } when it is not PromQL.
function parser.parse(text)
    local self = setmetatable({ text = text, tokens = lexer.tokens(text), place = 1 }, state)
    local tree = expression(self, 0)
    local rest = self:peek()
    if rest.kind ~= "end" then self:fail(rest, "unexpected " .. shown(rest)) end
    return tree
end

return parser
