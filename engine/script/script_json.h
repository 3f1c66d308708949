/* JSON for drivers and plans: jansson on one side, Lua values on the other. Depth and size are
 * limited; numbers without a fraction stay integers; null becomes nil inside objects. */
#ifndef CASELOAD_SCRIPT_JSON_H
#define CASELOAD_SCRIPT_JSON_H

#include <lua.h>

#define SCRIPT_JSON_DEPTH_MAX 32
#define SCRIPT_JSON_BYTES_MAX (4U << 20)

/* Push the table {encode=, decode=, array=, null=}:
 * encode(value) → text, keys sorted. A table is an array when its keys are 1…n, or when it came
 * from array{…} (for empty ones); an empty table is an object. decode(text) → value, or nil and a
 * message that names line and column. */
void script_json_push(lua_State *lua);

#endif
