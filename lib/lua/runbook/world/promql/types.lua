-- types: which operand goes where in PromQL. Each check raises a parse error at the operand.
local lexer = require "runbook.world.promql.lexer"

local types = {}

-- What people call a node's type.
types.NAMES = { scalar = "scalar", vector = "instant vector", matrix = "range vector", string = "string" }
types.COMPARISONS = { ["=="] = true, ["!="] = true, ["<"] = true, [">"] = true, ["<="] = true, [">="] = true }
types.SETS = { ["and"] = true, ["or"] = true, unless = true }

local function is_plain(node)
    return node.type == "scalar" or node.type == "vector"
end

-- `node` has to be of type `wanted`; `where` says in what.
function types.expect(text, node, wanted, where)
    if node.type ~= wanted then
        lexer.fail(text, node.at, ("expected type %s in %s, got %s"):format(types.NAMES[wanted], where,
            types.NAMES[node.type]))
    end
end

-- The operand of a sign that stands at `token`.
function types.check_unary(text, token, inner)
    if not is_plain(inner) then
        lexer.fail(text, token.at, ("unary expression only allowed on expressions of type scalar or "
            .. "instant vector, got %q"):format(types.NAMES[inner.type]))
    end
end

-- Checks both sides of a binary node and sets its type.
function types.settle_binary(text, node)
    local op, left, right = node.op, node.left, node.right
    for _, side in ipairs { left, right } do
        if not is_plain(side) then
            lexer.fail(text, side.at, "binary expression must contain only scalar and instant vector types")
        end
    end
    local scalars = (left.type == "scalar" and 1 or 0) + (right.type == "scalar" and 1 or 0)
    if types.COMPARISONS[op] and scalars == 2 and not node.bool then
        lexer.fail(text, node.op_at, "comparisons between scalars must use BOOL modifier")
    end
    if types.SETS[op] and scalars > 0 then
        lexer.fail(text, node.at, ("set operator %q not allowed in binary scalar expression"):format(op))
    end
    if node.match_labels and scalars > 0 then
        lexer.fail(text, node.at, "vector matching only allowed between instant vectors")
    end
    node.type = scalars == 2 and "scalar" or "vector"
end

return types
