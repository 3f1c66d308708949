/* HTTP requests and WebSocket connections for drivers. A request blocks its task; a connection
 * tells the prelude's socket_event(owner, kind, text, code, at). */
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "engine/script/script_private.h"

#define SOCKET_TYPE "caseload.socket"
#define MESSAGE_BYTES_MAX (1U << 20)
#define HEADERS_MAX 16
#define HOSTS_MAX 8

struct script_socket {
    struct script_subject subject; /* first: an event's subject is its socket */
    struct script *script;
    struct web_socket *web; /* NULL: closed */
    int handle, owner;      /* registry */
    struct script_socket *next, *previous;
};

struct script_request {
    struct script *script;
    struct task *task; /* waits for the answer; NULL: nobody does any more */
    bool answered;
    int http_status;
    char content_type[128];
    char *body;
    size_t size;
    struct script_request *next, *previous;
};

/* ---- where to ---- */

enum status script_web_start(struct script *script, struct failure *failure)
{
    enum status status;

    if (script->web)
        return STATUS_OK;
    status = web_url_parse(script->config.url ? script->config.url : "", &script->url, failure);
    if (status == STATUS_OK)
        status = web_resolve(script->url.host, script->address, sizeof script->address, failure);
    if (status != STATUS_OK)
        return status;
    return web_client_create(&(struct web_client_config){.loop = script->config.loop,
                                                         .ca_pem = script->config.ca_pem,
                                                         .insecure = script->config.insecure,
                                                         .message_limit = MESSAGE_BYTES_MAX,
                                                         .send_queue_limit = MESSAGE_BYTES_MAX,
                                                         .timeout_us = script->config.timeout_us},
                             &script->web, failure);
}

/* A path of the platform, or a whole URL on the platform's host (another scheme or port). */
static void target_of(lua_State *lua, const char *text, struct web_url *ret_url)
{
    struct script *script = script_of(lua);
    struct failure failure;

    if (!script->web)
        luaL_error(lua, "no connection before prepare()");
    if (text[0] == '/') {
        size_t base = strlen(script->url.path);
        *ret_url = script->url;
        if (base > 0 && ret_url->path[base - 1] == '/')
            base--;
        if (base + strlen(text) >= sizeof ret_url->path)
            luaL_error(lua, "the path is too long");
        memcpy(ret_url->path + base, text, strlen(text) + 1);
        return;
    }
    if (web_url_parse(text, ret_url, &failure) != STATUS_OK)
        luaL_error(lua, "%s", failure.message);
    if (strcmp(ret_url->host, script->url.host) != 0)
        luaL_error(lua, "%s is not the platform's host (%s)", ret_url->host, script->url.host);
}

/* {name = value} of argument `index`; the texts stay on the Lua stack meanwhile. */
static size_t read_headers(lua_State *lua, int index, struct web_header headers[HEADERS_MAX])
{
    size_t count = 0;

    if (lua_isnoneornil(lua, index))
        return 0;
    luaL_checktype(lua, index, LUA_TTABLE);
    luaL_checkstack(lua, 2 * HEADERS_MAX, "headers");
    lua_pushnil(lua);
    while (lua_next(lua, index)) {
        if (lua_type(lua, -2) != LUA_TSTRING || lua_type(lua, -1) != LUA_TSTRING)
            luaL_error(lua, "headers are texts by name");
        if (count == HEADERS_MAX)
            luaL_error(lua, "more than %d headers", HEADERS_MAX);
        headers[count++] = (struct web_header){lua_tostring(lua, -2), lua_tostring(lua, -1)};
        /* Keep key and value below; lua_next wants the key on top. */
        lua_pushvalue(lua, -2);
    }
    return count;
}

/* ---- requests ---- */

static void request_destroy(struct script_request *request)
{
    struct script *script = request->script;

    if (request->previous)
        request->previous->next = request->next;
    else
        script->requests = request->next;
    if (request->next)
        request->next->previous = request->previous;
    free(request->body);
    free(request);
}

static void on_response(void *arg, int http_status, const char *content_type, const char *body,
                        size_t size, int64_t now_us)
{
    struct script_request *request = arg;

    if (!request->task) {
        request_destroy(request);
        return;
    }
    request->answered = true;
    request->http_status = http_status;
    snprintf(request->content_type, sizeof request->content_type, "%s",
             content_type ? content_type : "");
    request->body = malloc(size + 1);
    if (request->body) {
        memcpy(request->body, body, size);
        request->size = size;
    } else {
        request->http_status = 0;
    }
    script_task_wake(request->task, now_us);
}

static int http_ended(lua_State *lua, int status, lua_KContext context)
{
    struct script_request *request = (struct script_request *)context;

    (void)status;
    /* Cancelled: the answer comes all the same and finds nobody. */
    request->task = NULL;
    script_task_check(lua);
    lua_pushinteger(lua, request->http_status);
    lua_pushlstring(lua, request->body ? request->body : "", request->size);
    lua_pushstring(lua, request->content_type);
    if (request->answered)
        request_destroy(request);
    return 3;
}

/* http(method, path or URL, headers, body) → status, body, content type; status 0: no answer, and
 * the body says why. */
static int http(lua_State *lua)
{
    struct script *script = script_of(lua);
    const char *method = luaL_checkstring(lua, 1), *body;
    struct web_header headers[HEADERS_MAX];
    struct script_request *request;
    struct failure failure;
    struct web_url url;
    size_t size, count;

    target_of(lua, luaL_checkstring(lua, 2), &url);
    url.websocket = false;
    body = luaL_optlstring(lua, 4, "", &size);
    count = read_headers(lua, 3, headers);
    struct task *task = script_task_current(lua);
    script_task_check(lua);
    request = calloc(1, sizeof *request);
    if (!request)
        return luaL_error(lua, "out of memory");
    request->script = script;
    request->task = task;
    request->next = script->requests;
    if (request->next)
        request->next->previous = request;
    script->requests = request;
    if (web_request_send(script->web, &url, script->address, method, headers, count, body, size,
                         on_response, request, &failure) != STATUS_OK) {
        request_destroy(request);
        lua_pushinteger(lua, 0);
        lua_pushstring(lua, failure.message);
        lua_pushliteral(lua, "");
        return 3;
    }
    lua_settop(lua, 0);
    return script_task_wait(lua, (lua_KContext)request, http_ended);
}

/* ---- connections ---- */

static void socket_destroy(struct script_socket *socket)
{
    struct script *script = socket->script;

    event_queue_forget(&socket->subject);
    if (socket->previous)
        socket->previous->next = socket->next;
    else
        script->sockets = socket->next;
    if (socket->next)
        socket->next->previous = socket->previous;
    script_handle_close(script, &socket->handle);
    luaL_unref(script->lua, LUA_REGISTRYINDEX, socket->owner);
    free(socket);
}

struct socket_news {
    struct script_socket *socket;
    struct script_event *event;
    const char *kind;
};

/* owner, kind, text, code, at */
static int push_news(lua_State *lua, void *arg)
{
    struct socket_news *news = arg;

    lua_rawgeti(lua, LUA_REGISTRYINDEX, news->socket->owner);
    lua_pushstring(lua, news->kind);
    lua_pushlstring(lua, news->event->text, news->event->size);
    lua_pushinteger(lua, news->event->code);
    lua_pushinteger(lua, news->event->at_us);
    return 5;
}

static void tell(struct script *script, struct script_event *event, const char *kind)
{
    struct socket_news news = {
        .socket = (struct script_socket *)event->subject, .event = event, .kind = kind};

    if (news.socket)
        script_enter(script, "socket_event", push_news, &news);
}

static void run_open(struct script *script, struct script_event *event)
{
    tell(script, event, "open");
}

static void run_message(struct script *script, struct script_event *event)
{
    tell(script, event, "message");
}

static void run_close(struct script *script, struct script_event *event)
{
    tell(script, event, "close");
    if (event->subject)
        socket_destroy((struct script_socket *)event->subject);
}

static void on_open(void *arg, struct web_socket *web, int64_t now_us)
{
    struct script_socket *socket = arg;

    (void)web;
    script_post(socket->script, run_open, &socket->subject, now_us, 0, 0, NULL, 0);
}

static void on_message(void *arg, struct web_socket *web, const char *text, size_t size,
                       int64_t now_us)
{
    struct script_socket *socket = arg;

    (void)web;
    script_post(socket->script, run_message, &socket->subject, now_us, 0, 0, text, size);
}

static void on_close(void *arg, struct web_socket *web, uint16_t code, const char *reason)
{
    struct script_socket *socket = arg;

    (void)web;
    socket->web = NULL;
    script_post(socket->script, run_close, &socket->subject, script_now_us(socket->script), code, 0,
                reason ? reason : "", reason ? strlen(reason) : 0);
}

/* connect(owner, path or URL, headers, protocol) → handle, or nil and why. Openness, messages and
 * the end come as events. */
static int open_socket(lua_State *lua)
{
    static const struct web_socket_events events = {on_open, on_message, on_close};
    struct script *script = script_of(lua);
    struct web_header headers[HEADERS_MAX];
    struct script_socket *socket;
    struct failure failure;
    struct web_url url;
    size_t count;

    luaL_checkany(lua, 1);
    target_of(lua, luaL_checkstring(lua, 2), &url);
    url.websocket = true;
    const char *protocol = luaL_optstring(lua, 4, NULL);
    count = read_headers(lua, 3, headers);
    socket = calloc(1, sizeof *socket);
    if (!socket)
        return luaL_error(lua, "out of memory");
    socket->script = script;
    socket->handle = socket->owner = LUA_NOREF;
    socket->next = script->sockets;
    if (socket->next)
        socket->next->previous = socket;
    script->sockets = socket;
    script_handle_push(lua, SOCKET_TYPE, socket, &socket->handle);
    lua_pushvalue(lua, 1);
    socket->owner = luaL_ref(lua, LUA_REGISTRYINDEX);
    if (web_socket_connect(script->web, &url, script->address, protocol, headers, count, &events,
                           socket, &socket->web, &failure) != STATUS_OK) {
        socket->web = NULL;
        socket_destroy(socket);
        lua_pushnil(lua);
        lua_pushstring(lua, failure.message);
        return 2;
    }
    return 1;
}

/* socket:send(text) → true, or nil and why */
static int send_text(lua_State *lua)
{
    struct script_socket *socket = script_handle_test(lua, 1, SOCKET_TYPE);
    size_t size;
    const char *text = luaL_checklstring(lua, 2, &size);
    enum status status =
        socket && socket->web ? web_socket_send(socket->web, text, size) : STATUS_CLOSED;

    if (status != STATUS_OK) {
        lua_pushnil(lua);
        lua_pushstring(lua, status_text(status));
        return 2;
    }
    lua_pushboolean(lua, 1);
    return 1;
}

/* socket:close([code]): with a closing handshake. */
static int close_socket(lua_State *lua)
{
    struct script_socket *socket = script_handle_test(lua, 1, SOCKET_TYPE);

    if (socket && socket->web)
        web_socket_close(socket->web, (uint16_t)luaL_optinteger(lua, 2, 1000));
    return 0;
}

/* socket:abort(): as a lost network does. */
static int abort_socket(lua_State *lua)
{
    struct script_socket *socket = script_handle_test(lua, 1, SOCKET_TYPE);

    if (socket && socket->web)
        web_socket_abort(socket->web);
    return 0;
}

/* web_start() → true, or nil, a status word and why */
static int start(lua_State *lua)
{
    struct failure failure;
    enum status status = script_web_start(script_of(lua), &failure);

    if (status == STATUS_OK) {
        lua_pushboolean(lua, 1);
        return 1;
    }
    lua_pushnil(lua);
    lua_pushstring(lua, failure.message);
    return 2;
}

void script_web_stop(struct script *script)
{
    web_client_destroy(script->web); /* on_close of every socket, no more responses */
    script->web = NULL;
    while (script->requests)
        request_destroy(script->requests);
    while (script->sockets)
        socket_destroy(script->sockets);
}

void script_web_register(lua_State *lua)
{
    static const luaL_Reg functions[] = {
        {"connect", open_socket}, {"http", http}, {"web_start", start}, {NULL, NULL}};
    static const luaL_Reg methods[] = {
        {"abort", abort_socket}, {"close", close_socket}, {"send", send_text}, {NULL, NULL}};

    script_handle_define(lua, SOCKET_TYPE, methods);
    luaL_setfuncs(lua, functions, 0);
}
