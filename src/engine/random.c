#include "engine/random.h"

#include <lauxlib.h>
#include <stdint.h>

#include "engine/failure.h"
#include "engine/fiber.h"
#include "engine/run.h"

// The next of a row of numbers that depends on the run's seed and on the place in the run alone, so
// that a run that is resumed draws the same (splitmix64, by Sebastiano Vigna).
static uint64_t next_random(struct fiber *f)
{
    if (f->random == 0) {
        f->random = f->run->seed;
        for (const char *p = f->run->scope.text; *p; p++)
            f->random = (f->random ^ (unsigned char)*p) * UINT64_C(1099511628211);
        for (const char *p = f->position; *p; p++)
            f->random = (f->random ^ (unsigned char)*p) * UINT64_C(1099511628211);
    }
    uint64_t z = f->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

int random_draw(lua_State *L)
{
    struct fiber *f = fiber_of(L);
    if (f == NULL)
        return failure_raise(L, FAILURE_USAGE, "math.random belongs inside a step function");
    uint64_t drawn = next_random(f);
    if (lua_gettop(L) == 0) {
        lua_pushnumber(L, (lua_Number)(drawn >> 11) / (lua_Number)(UINT64_C(1) << 53));
        return 1;
    }
    lua_Integer low = lua_gettop(L) > 1 ? luaL_checkinteger(L, 1) : 1;
    lua_Integer high = luaL_checkinteger(L, lua_gettop(L) > 1 ? 2 : 1);
    luaL_argcheck(L, low <= high, 1, "interval is empty");
    uint64_t span = (uint64_t)high - (uint64_t)low + 1; // 0: all of them
    uint64_t offset = span ? drawn % span : drawn;
    offset += (uint64_t)low;
    lua_pushinteger(L, (lua_Integer)offset);
    return 1;
}
