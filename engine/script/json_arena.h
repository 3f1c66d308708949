/* Memory for what jansson makes of one message: handed out piece by piece, given back all at once.
 * jansson asks the heap for each key, value and table of its own, and a message is read into Lua
 * and forgotten at once.
 *
 * jansson's allocator is one for the process: between begin and end nothing else may be made or
 * freed with it, on no thread (a shard reads messages on its only thread that knows JSON). Not
 * nested. */
#ifndef CASELOAD_JSON_ARENA_H
#define CASELOAD_JSON_ARENA_H

/* What jansson makes from now on, until json_arena_end, comes from the arena; freeing it does
 * nothing. */
void json_arena_begin(void);
/* All of it is gone; jansson uses the heap again. */
void json_arena_end(void);

#endif
