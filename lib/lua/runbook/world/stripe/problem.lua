-- problem: Stripe's errors, raised as Lua errors that the router turns into answers, and the checks of
-- parameters that raise them. Parameters come from a form: texts, tables of texts.
local problem = {}

-- Raises an answer with that status. `fields` are those of Stripe's error object.
function problem.raise(status, fields)
    error({ status = status, json = { error = fields } }, 0)
end

function problem.invalid(param, message, code)
    problem.raise(400, { type = "invalid_request_error", message = message, param = param, code = code })
end

function problem.unknown_parameter(name)
    problem.invalid(name, "Received unknown parameter: " .. name, "parameter_unknown")
end

function problem.missing(kind, id, param)
    problem.raise(404, {
        type = "invalid_request_error", code = "resource_missing", param = param,
        message = ("No such %s: '%s'"):format(kind, id),
    })
end

-- Every parameter must be in `names` or a key of `more`.
function problem.check_known(params, names, more)
    local known = {}
    for _, name in ipairs(names) do known[name] = true end
    for name in pairs(params) do
        if not known[name] and not (more and more[name]) then problem.unknown_parameter(name) end
    end
end

function problem.check_required(params, names)
    for _, name in ipairs(names) do
        if params[name] == nil or params[name] == "" then
            problem.invalid(name, ("Missing required param: %s."):format(name), "parameter_missing")
        end
    end
end

-- The whole number in a parameter's text.
function problem.integer(name, text)
    local number = type(text) == "string" and text:match("^%-?%d+$") and math.tointeger(tonumber(text))
    return number or problem.invalid(name, ("Invalid integer: %s"):format(tostring(text)), "parameter_invalid_integer")
end

return problem
