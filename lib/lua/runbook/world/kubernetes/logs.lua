-- logs: what the containers of pods have written: the log subresource.
local plain = require "runbook.world.kubernetes.plain"
local rfc3339 = require "runbook.rfc3339"
local status = require "runbook.world.kubernetes.status"

local logs = {}

local function key_of(namespace, pod, container)
    return ("%s/%s/%s"):format(namespace, pod, container)
end

-- The log of a container: { lines = { { at, text } }, over }, made when it is first asked for.
function logs.of(api, namespace, pod, container)
    local key = key_of(namespace, pod, container)
    api.logs[key] = api.logs[key] or { lines = {}, last_at = 0 }
    return api.logs[key]
end

-- Adds lines, each at a moment of its own.
function logs.add(log, now, text)
    for line in text:gmatch("[^\n]+") do
        log.last_at = math.max(now, log.last_at + 1e-6)
        log.lines[#log.lines + 1] = { at = log.last_at, text = line }
    end
end

local function stamp(at)
    local fraction = ("%.9f"):format(at % 1):sub(2)
    return (rfc3339.format(at):gsub("Z$", fraction .. "Z"))
end

local function names_of(pod)
    local names = {}
    for i, container in ipairs(plain.at(pod, "spec", "containers") or {}) do names[i] = container.name end
    return names
end

local function container_of(pod, asked)
    local names = names_of(pod)
    if asked and asked ~= "" then
        for _, name in ipairs(names) do
            if name == asked then return name end
        end
        status.bad_request("container %s is not valid for pod %s", asked, pod.metadata.name)
    end
    if #names ~= 1 then
        status.bad_request("a container name must be specified for pod %s, choose one of: [%s]", pod.metadata.name,
            table.concat(names, " "))
    end
    return names[1]
end

-- Where in the lines a request begins.
local function first_line(log, query, now)
    local from, since = 1, nil
    if query.sinceSeconds then since = now - tonumber(query.sinceSeconds) end
    if query.sinceTime then since = math.floor(rfc3339.parse(query.sinceTime) or 0) end -- as kubelets cut it
    while since and log.lines[from] and log.lines[from].at < since do from = from + 1 end
    if query.tailLines then from = math.max(from, #log.lines - tonumber(query.tailLines) + 1) end
    return from
end

-- Answers GET pods/NAME/log.
function logs.answer(api, pod, query)
    local container = container_of(pod, query.container)
    local log = logs.of(api, pod.metadata.namespace, pod.metadata.name, container)
    if query.previous == "true" then
        log = log.previous or status.bad_request('previous terminated container "%s" in pod "%s" not found', container,
            pod.metadata.name)
    end
    local place = first_line(log, query, api.now())
    local function more()
        local texts = {}
        while log.lines[place] do
            local line = log.lines[place]
            texts[#texts + 1] = (query.timestamps == "true" and stamp(line.at) .. " " or "") .. line.text .. "\n"
            place = place + 1
        end
        return table.concat(texts)
    end
    local headers = { ["Content-Type"] = "text/plain" }
    if query.follow ~= "true" then return { status = 200, headers = headers, body = more() } end
    local ended = false
    return { status = 200, headers = headers, stream = function()
        if ended then return nil end
        ended = log.over
        return more()
    end }
end

return logs
