/* Names and formats that the writer and the reader of a shard's folder must agree on. Private to
 * engine/result. */
#ifndef CASELOAD_SHARD_FILES_H
#define CASELOAD_SHARD_FILES_H

#define SHARD_STATE_FILE "state.json"
#define SHARD_SESSIONS_FILE "sessions.jsonl"
#define SHARD_SECONDS_FILE "seconds.jsonl"
#define SHARD_TARGET_FILE "target.jsonl"
#define SHARD_STATE_SCHEMA "caseload/shard/1"
#define SESSION_SCHEMA "caseload/session/1"

#endif
