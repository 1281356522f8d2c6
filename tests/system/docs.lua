-- docs.lua: does what a page of documentation shows still come about?
--   lua5.4 docs.lua PAGE.md        in an empty folder; appends the ids of its sandboxes to ./pids
-- Goes through the page from top to bottom. A block ```lua NAME becomes that file, and loads (a world
-- is loaded by its sandbox). In a block ```console each line "$ command" is run: its exit code is the
-- one that the page shows, and each line that the page shows is among what it printed, apart from
-- figures, names of runs and addresses. [...] stands for what the page leaves out, at the end of a line or
-- in one of its own.
local failed, passed = 0, 0

local function report(ok, what, why)
    if ok then passed = passed + 1 else failed = failed + 1 end
    print((ok and "ok      " or "not ok  ") .. what .. (ok and "" or ": " .. why))
end

local function read(path)
    local file = assert(io.open(path))
    local text = file:read("a")
    file:close()
    return text
end

local function run(command)
    local _, _, code = os.execute(("{ %s\n} >out 2>&1 </dev/null"):format(command))
    return code, read("out")
end

local user = io.popen("id -un"):read("l")

-- What stays the same from run to run.
local function plain(line)
    return (line:gsub("%f[%w]" .. user .. "%f[%W]", "root"):gsub("%d%d%d%d%d%d%d%d%-%d%d%d%d%d%d%-%x%x%x%x%x%x", "ID"):gsub("%d+%.?%d*", "0")
        :gsub("0ms", "0s"):gsub("(0 %l+)s%f[%W]", "%1"):gsub("━+", "━"):gsub("%s+", ""))
end

local function compare(command, code, printed, shown)
    local have, want = "\n", 0
    for line in printed:gmatch("[^\n]+") do have = have .. plain(line) .. "\n" end
    for _, line in ipairs(shown) do
        want = tonumber(line:match("exit (%d+)$")) or line:find("^runbook: ") and 2 or want
        local skipped = line:find("▸", 1, true) -- shown for slow steps only
        local looked_for = ("\n" .. plain(line) .. "\n"):gsub("%[%.%.%.%]\n$", "")
        if not skipped and not have:find(looked_for, 1, true) then
            return report(false, command, ("the page shows\n  %s\nand it printed\n%s"):format(line, printed))
        end
    end
    report(code == want, command, ("exit %d instead of %d\n%s"):format(code, want, printed))
end

local function serve(command, shown)
    os.execute(command .. " --for 5m >served 2>&1 & echo $! >>pids")
    os.execute("for i in $(seq 200); do grep -q ^ready served && break; sleep 0.05; done")
    compare(command, 0, read("served"), shown)
end

local function try(command, shown)
    if command:find("^script/") or command:find("^git ") or command:find("^export ") then return end
    if command:find("runbook sandbox") then return serve(command, shown) end
    local code, printed = run(command)
    compare(command, code, printed, shown)
end

local function write(name, text)
    local file = assert(io.open(name, "w"))
    file:write(text)
    file:close()
    if name:find("world%.lua$") then return end
    local code, printed = run("runbook check " .. name)
    report(code == 0, "runbook check " .. name, printed)
end

for kind, name, text in read(arg[1]):gmatch("\n```(%l*) ?(%S*)\n(.-)\n```") do
    if kind == "lua" and name ~= "" then write(name, text .. "\n") end
    local command, shown
    for line in (kind == "console" and text .. "\n$ " or ""):gmatch("[^\n]+") do
        if line:find("^%$ ") then
            if command then try(command, shown) end
            command, shown = line:sub(3), {}
        else
            shown[#shown + 1] = line
        end
    end
end
print(("%d shown, %d not as shown"):format(passed, failed))
os.exit(failed == 0 and passed > 0)
