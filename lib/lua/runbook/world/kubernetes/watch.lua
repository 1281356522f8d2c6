-- watch: a stream of what changes: one JSON object a line, { type, object }.
local plain = require "runbook.world.kubernetes.plain"
local status = require "runbook.world.kubernetes.status"

local watch = {}

local BOOKMARK_EVERY = 5 -- seconds

-- What a change means to somebody who sees only the objects that fit: an event type, or nil.
local function event_type(entry, fits)
    local is = entry.verb ~= "DELETED" and fits(entry.object)
    local was = entry.old ~= nil and fits(entry.old)
    if is then return was and "MODIFIED" or "ADDED" end
    return was and "DELETED" or nil
end

local function bookmark(kind, revision, annotations)
    return {
        kind = kind.kind, apiVersion = kind.api_version,
        metadata = { resourceVersion = tostring(revision), annotations = annotations },
    }
end

local function line(type_name, object)
    return json.encode { type = type_name, object = object } .. "\n"
end

-- Where to start: the place in the log, and the objects to be told first as if they were new.
local function start_of(api, kind, fits, query)
    local revision = query.resourceVersion or ""
    if revision == "" or revision == "0" or query.sendInitialEvents == "true" then
        return api.store.last + 1, api.store:list(kind, fits)
    end
    if not math.tointeger(tonumber(revision)) then
        status.bad_request("invalid resource version %q", revision)
    end
    return api.store:place_after(math.tointeger(tonumber(revision))), {}
end

-- An answer that streams the changes of the objects of a kind for which fits(object) holds.
-- show(object) gives the form in which they are sent.
function watch.answer(api, kind, fits, query, show)
    local place, first = start_of(api, kind, fits, query)
    local ends = query.timeoutSeconds and api.now() + (tonumber(query.timeoutSeconds) or 0)
    local bookmarks, told_at = query.allowWatchBookmarks == "true", api.now()
    local seen, over = api.store.revision, false

    local function initial()
        local lines = {}
        for i, object in ipairs(first) do lines[i] = line("ADDED", show(object)) end
        if query.sendInitialEvents == "true" and bookmarks then
            lines[#lines + 1] = line("BOOKMARK", bookmark(kind, seen, { ["k8s.io/initial-events-end"] = "true" }))
        end
        first = nil
        return lines
    end

    local function changes()
        local lines, store = {}, api.store
        while place <= store.last do
            local entry = store.log[place]
            local verb = entry.kind == kind and event_type(entry, fits)
            if verb == "DELETED" and entry.verb ~= "DELETED" then
                local left = plain.copy(entry.old)
                left.metadata.resourceVersion = entry.object.metadata.resourceVersion
                lines[#lines + 1] = line(verb, show(left))
            elseif verb then
                lines[#lines + 1] = line(verb, show(entry.object))
            end
            place = place + 1
        end
        if bookmarks and api.now() - told_at >= BOOKMARK_EVERY and store.revision > seen then
            told_at, seen = api.now(), store.revision
            lines[#lines + 1] = line("BOOKMARK", bookmark(kind, seen))
        end
        return lines
    end

    local function stream()
        if over or (ends and api.now() >= ends) then return nil end
        if not place or place < api.store.first then
            over = true
            return line("ERROR", status.expired("too old resource version"))
        end
        local lines = first and initial() or {}
        return table.concat(lines) .. table.concat(changes())
    end
    return { status = 200, headers = { ["Content-Type"] = "application/json" }, stream = stream }
end

return watch
