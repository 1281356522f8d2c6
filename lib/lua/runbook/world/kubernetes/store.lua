-- store: the objects, the revision that every change raises, and the log of changes that watches
-- follow. An object in the store is never changed in place: a change puts another in its stead.
local store = {}
store.__index = store

local LOG_LENGTH = 2000

function store.new()
    return setmetatable({ revision = 1000, objects = {}, log = {}, first = 1, last = 0 }, store)
end

local function key_of(namespace, name)
    return (namespace or "") .. "\0" .. name
end

local function shelf_of(self, kind)
    local shelf = self.objects[kind]
    if not shelf then
        shelf = {}
        self.objects[kind] = shelf
    end
    return shelf
end

-- The object itself, or nil.
function store:get(kind, namespace, name)
    return shelf_of(self, kind)[key_of(namespace, name)]
end

-- All objects of a kind for which fit(object) holds, by namespace and name.
function store:list(kind, fit)
    local keys, shelf = {}, shelf_of(self, kind)
    for key, object in pairs(shelf) do
        if not fit or fit(object) then keys[#keys + 1] = key end
    end
    table.sort(keys)
    local objects = {}
    for i, key in ipairs(keys) do objects[i] = shelf[key] end
    return objects
end

-- All objects of every kind, as a list of { kind, object }.
function store:all()
    local found = {}
    for kind in pairs(self.objects) do
        for _, object in ipairs(self:list(kind)) do found[#found + 1] = { kind = kind, object = object } end
    end
    return found
end

local function record(self, kind, verb, object, old)
    self.last = self.last + 1
    self.log[self.last] = { revision = self.revision, kind = kind, verb = verb, object = object, old = old }
    if self.last - self.first >= LOG_LENGTH then
        self.log[self.first] = nil
        self.first = self.first + 1
    end
end

local function next_revision(self, object)
    self.revision = self.revision + 1
    object.metadata.resourceVersion = tostring(self.revision)
end

-- Puts an object, which the store owns from then on, in the place of `old` (nil: it is new).
function store:write(kind, object, old)
    next_revision(self, object)
    shelf_of(self, kind)[key_of(object.metadata.namespace, object.metadata.name)] = object
    record(self, kind, old and "MODIFIED" or "ADDED", object, old)
end

-- Takes an object away. `final` is its last form, as watches get to see it.
function store:remove(kind, final, old)
    next_revision(self, final)
    shelf_of(self, kind)[key_of(old.metadata.namespace, old.metadata.name)] = nil
    record(self, kind, "DELETED", final, old)
end

-- The place in the log after a revision; nil when the log does not reach back that far.
function store:place_after(revision)
    if revision >= self.revision then return self.last + 1 end
    if self.first > self.last or self.log[self.first].revision > revision + 1 then return nil end
    for place = self.last, self.first, -1 do
        if self.log[place].revision <= revision then return place + 1 end
    end
    return self.first
end

return store
