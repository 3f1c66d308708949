/* The inside of engine/script: what its files share. Nobody outside the folder includes it.
 *
 * Lua is entered in two ways only: an event calls a function of the prelude (script_enter), or a
 * task is resumed. Both happen one after the other from a timer of our own, never inside a callback
 * of somebody else: what comes in waits in the event queue. So no callback ever finds Lua half-way,
 * and Lua may close whatever it likes. */
#ifndef CASELOAD_SCRIPT_PRIVATE_H
#define CASELOAD_SCRIPT_PRIVATE_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buffer.h"
#include "common/net/web_client.h"
#include "engine/script/event_queue.h"
#include "engine/script/sandbox.h"
#include "engine/script/script.h"

#define SCRIPT_FILE_BYTES_MAX (1U << 20)
/* Events and resumes in one turn of the loop, by number and by time; the rest waits for the next,
 * so that media leaves on time. */
#define SCRIPT_TURN_MAX 2048
#define SCRIPT_TURN_US 500

/* Texts of the configuration that are kept. */
#define SCRIPT_TEXTS 6

struct task;

struct script {
    struct sandbox sandbox;
    lua_State *lua;
    struct script_config config; /* its texts are copies, in `texts` */
    char *texts[SCRIPT_TEXTS];
    struct story story;
    int handlers; /* registry: the prelude's entry points */
    bool closing; /* script_destroy runs: nothing enters Lua any more */

    struct event_queue events;
    bool draining, armed;
    struct loop_timer *later; /* drains in the loop's next turn; NULL without a loop */

    struct task *tasks, *first_ready, *last_ready, *current;
    uint64_t ready_number, batch_end; /* of the task made ready last; of the present batch's last */

    struct web_client *web; /* made with the first request */
    struct web_url url;     /* of the platform */
    char address[64];
    struct script_socket *sockets;
    struct script_request *requests;

    struct script_media *media;

    size_t sessions_running;
    struct script_people people;
    int64_t begin_us; /* of the run, else of its first session, as intended; 0: none yet */
    bool target_lost, faulted;
    struct buffer answer; /* the text that was asked for last */
    uint64_t digest;      /* of every file read so far */
};

/* ---- script.c ---- */

/* Lua's script of a state. */
struct script *script_of(lua_State *lua);
/* Queue an event; with no memory left the script is at fault (nothing is dropped silently). */
void script_post(struct script *script, script_event_fn *run, struct script_subject *subject,
                 int64_t at_us, int code, uint32_t sender, const char *text, size_t size);
/* Something is queued or ready: the loop's next turn sees to it. Never at once: who tells us (a
 * socket, a participant, a timer) may be destroyed by what Lua does about it. */
void script_soon(struct script *script);

/* Call the prelude's entry point `name` in a protected way; `push` puts the arguments on the stack
 * and returns their number, and may raise. False: it failed, and the script is at fault. */
typedef int script_push_fn(lua_State *lua, void *arg);
bool script_enter(struct script *script, const char *name, script_push_fn *push, void *arg);
/* The same, with one result taken by `take`, still protected; a failure goes to `failure`. */
typedef void script_take_fn(lua_State *lua, void *arg);
MUST_CHECK enum status script_ask(struct script *script, const char *name, script_push_fn *push,
                                  script_take_fn *take, void *arg, struct failure *failure);
/* The story or driver is wrong: told once, with file and line. */
void script_fault(struct script *script, const char *message);
int64_t script_now_us(const struct script *script);

/* ---- script_story.c ---- */

/* The table on top, which the prelude's declare() returned, into the story of the script (`arg`).
 */
void script_take_story(lua_State *lua, void *arg);
/* Fields of the table at `index`: cut off at `size`, "" or 0 when there is none. */
void script_copy_text(lua_State *lua, int index, const char *field, char *text, size_t size);
int64_t script_integer_field(lua_State *lua, int index, const char *field);

/* ---- script_task.c ---- */

/* core.spawn, park, wake, cancel, current, due, set_due. */
void script_task_register(lua_State *lua);
/* Tasks that became ready up to script_task_close_batch are a batch: resume the oldest of it that
 * is left. False: none is. */
bool script_task_resume_next(struct script *script);
void script_task_close_batch(struct script *script);
void script_task_wake(struct task *task, int64_t at_us);
struct task *script_task_current(lua_State *lua);
/* Let the current task wait inside a C function until script_task_wake: `return` what this
 * returns. `resumed` goes on then (or when the task is cancelled: it must not touch `context`). */
int script_task_wait(lua_State *lua, lua_KContext context, lua_KFunction resumed);
/* Raises when the running task is being cancelled. */
void script_task_check(lua_State *lua);
void script_task_destroy_all(struct script *script);

/* ---- script_load.c ---- */

/* core.read(path), core.compile(text, name, environment), core.names(function), core.prelude(name).
 */
void script_load_register(lua_State *lua);

/* ---- script_web.c ---- */

/* core.http(…), core.connect(…) and the socket handle. */
void script_web_register(lua_State *lua);
/* Resolve the platform's name; once, before the first request. */
MUST_CHECK enum status script_web_start(struct script *script, struct failure *failure);
void script_web_stop(struct script *script);

/* ---- script_media.c ---- */

/* core.media_open(…) and the media handle. */
void script_media_register(lua_State *lua);
void script_media_destroy_all(struct script *script);

/* ---- script_core.c ---- */

/* The table `core` of the prelude, pushed; with everything above in it. */
void script_core_push(lua_State *lua);

/* ---- handles: what Lua holds of a C object ---- */

/* Push a full userdata that points to `object`; `*ret_reference` keeps it alive in the registry. */
void script_handle_push(lua_State *lua, const char *type, void *object, int *ret_reference);
/* The object of argument `index`; raises when it is closed already. */
void *script_handle_check(lua_State *lua, int index, const char *type);
/* The object of argument `index` or NULL when it is closed. */
void *script_handle_test(lua_State *lua, int index, const char *type);
/* The object is gone: the handle answers "closed" from now on. */
void script_handle_close(struct script *script, int *reference);
/* Make the metatable of a handle type. */
void script_handle_define(lua_State *lua, const char *type, const void *methods);

#endif
