/* The one list of error codes. Every function of this project that can fail returns an
 * `enum status`; results come back through `ret_…` parameters, untouched on failure. */
#ifndef CASELOAD_BASE_STATUS_H
#define CASELOAD_BASE_STATUS_H

#define STATUS_LIST(X)                                                                             \
    X(OK, "ok")                                                                                    \
    X(NO_MEMORY, "out of memory")                                                                  \
    X(INVALID, "invalid argument or setting")                                                      \
    X(MALFORMED, "malformed input")                                                                \
    X(TOO_LARGE, "larger than its limit")                                                          \
    X(UNSUPPORTED, "not supported")                                                                \
    X(NOT_FOUND, "not found")                                                                      \
    X(EXISTS, "exists already")                                                                    \
    X(FORBIDDEN, "not permitted")                                                                  \
    X(CONFLICT, "not possible in this state")                                                      \
    X(GONE, "is over")                                                                             \
    X(FULL, "no capacity left")                                                                    \
    X(AGAIN, "not ready yet")                                                                      \
    X(CLOSED, "closed by the other side")                                                          \
    X(TIMED_OUT, "timed out")                                                                      \
    X(UNREACHABLE, "unreachable")                                                                  \
    X(UNAUTHENTIC, "authentication failed")                                                        \
    X(REPLAYED, "replayed packet")                                                                 \
    X(IO, "input/output error")                                                                    \
    X(CRYPTO, "cryptographic failure")                                                             \
    X(BUDGET, "budget used up")                                                                    \
    X(INTERRUPTED, "interrupted")                                                                  \
    X(INTERNAL, "internal error")

enum status {
#define X(name, text) STATUS_##name,
    STATUS_LIST(X)
#undef X
        STATUS_COUNT
};

/* A result that must not be dropped. */
#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_index, first_index)                                                     \
    __attribute__((format(printf, format_index, first_index)))

/* A short lower-case English text; never NULL, also for values out of range. */
const char *status_text(enum status status);

/* A status with one sentence that names the culprit (file, line, option, host, …). Callers own
 * the struct; the text is always terminated and cut at its size. */
struct failure {
    enum status status;
    char message[384];
};

/* Fill `failure` (NULL is allowed: only the status is returned) and return `status`, so that
 * `return failure_set(failure, STATUS_MALFORMED, "%s:%d: …", …);` is one line. */
enum status failure_set(struct failure *failure, enum status status, const char *format, ...)
    PRINTF_LIKE(3, 4);

#endif
