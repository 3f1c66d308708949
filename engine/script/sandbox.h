/* A Lua state for stories: no os, io, debug, package or coroutine; text only; memory, instructions
 * and the work inside C functions are limited, and what ran out cannot be caught by the script.
 * Used by script.c; knows nothing of stories. */
#ifndef CASELOAD_SANDBOX_H
#define CASELOAD_SANDBOX_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

/* One entry (a resume, an event) may run this many instructions or steps of C functions: some
 * tenths of a second. Stories wait between short bursts of work, so more is an endless loop. */
#define SANDBOX_STEPS 20000000ULL
#define SANDBOX_MEMORY_BYTES (512ULL << 20)
/* The largest single block: keeps every copy or comparison of one string within milliseconds. */
#define SANDBOX_BLOCK_BYTES (32ULL << 20)
/* A second net under the step count: processor time of one entry. */
#define SANDBOX_CPU_US 5000000LL

enum sandbox_fatal { SANDBOX_ALIVE, SANDBOX_SPENT, SANDBOX_NO_MEMORY };

struct sandbox_limits {
    size_t memory_bytes;
    uint64_t steps;
};

struct sandbox {
    lua_State *lua;     /* owned */
    lua_State *running; /* the thread that runs now: its frames are named when memory runs out */
    size_t memory_bytes, memory_limit_bytes;
    uint64_t steps_left, steps_per_entry;
    int64_t cpu_began_us;     /* of this entry; 0: not looked at yet */
    enum sandbox_fatal fatal; /* of this entry; beyond it pcall returns nothing any more */
    bool cancelled;           /* the running task is being ended: pcall lets it through */
    char message[256];        /* "file:line: …" while fatal */
    char refused_at[160];     /* where the last block was refused */
    void *owner;              /* of the sandbox, for functions called from Lua; borrowed */
    void (*on_print)(void *owner, const char *text); /* print(…) of scripts; NULL: nowhere */
};

/* `sandbox` is the caller's memory and must not move. NO_MEMORY. */
MUST_CHECK enum status sandbox_init(struct sandbox *sandbox, const struct sandbox_limits *limits);
void sandbox_finish(struct sandbox *sandbox);

/* Every thread of the state finds its sandbox. */
struct sandbox *sandbox_of(lua_State *lua);
/* A fresh budget: call before each entry from C into Lua. */
void sandbox_refill(struct sandbox *sandbox);
/* Take `steps` from the budget; raises the (uncatchable) error when it is used up. */
void sandbox_charge(lua_State *lua, uint64_t steps);
/* Work on `bytes` of text, in steps. */
void sandbox_charge_bytes(lua_State *lua, size_t bytes);
/* After a failed call with this Lua status: is it one that no script may catch? Fills
 * `sandbox->message` for memory. */
bool sandbox_is_fatal(lua_State *lua, int lua_status);
/* Raise the error on top of the stack again after a failed lua_pcall in a C function. */
int sandbox_raise_again(lua_State *lua, int lua_status);

/* The table of everything that scripts may use, pushed. Its functions are shared; each module gets
 * a table of its own (see script_load.c). */
void sandbox_push_library(lua_State *lua);
/* Load text (never bytecode) as a function, pushed; on failure the message is pushed instead. */
MUST_CHECK enum status sandbox_load(lua_State *lua, const char *text, size_t size,
                                    const char *chunk_name);

/* "file:line" of the n-th frame that is script, from 0 at the innermost (chunk names beginning with
 * '=' are the engine's own). "" when there is none. */
void sandbox_where(lua_State *lua, unsigned n, char *text, size_t size);

/* Parts of the library, each pushes one table. */
void sandbox_push_string(lua_State *lua);
void sandbox_push_table(lua_State *lua);

#endif
