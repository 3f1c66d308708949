#include "reference-server/store/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reference-server/store/migrations.h"
#include "reference-server/store/store_private.h"

static const char *const statement_texts[STATEMENT_COUNT] = {
#define X(id, sql) [STATEMENT_##id] = sql,
    STATEMENT_LIST(X)
#undef X
};

void bind_text(struct store *store, enum statement statement, int index, const char *text)
{
    int result = sqlite3_bind_text(store->statements[statement], index, text, -1, SQLITE_STATIC);
    assert(result == SQLITE_OK || result == SQLITE_NOMEM || result == SQLITE_TOOBIG);
    (void)result;
}

void bind_number(struct store *store, enum statement statement, int index, int64_t number)
{
    int result = sqlite3_bind_int64(store->statements[statement], index, number);
    assert(result == SQLITE_OK || result == SQLITE_NOMEM);
    (void)result;
}

void bind_null(struct store *store, enum statement statement, int index)
{
    int result = sqlite3_bind_null(store->statements[statement], index);
    assert(result == SQLITE_OK);
    (void)result;
}

static enum status status_of(int result)
{
    switch (result & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return STATUS_OK;
    case SQLITE_CONSTRAINT:
        return STATUS_EXISTS;
    case SQLITE_NOMEM:
        return STATUS_NO_MEMORY;
    default:
        return STATUS_IO;
    }
}

void stop(struct store *store, enum statement statement)
{
    sqlite3_reset(store->statements[statement]);
    sqlite3_clear_bindings(store->statements[statement]);
}

enum status run(struct store *store, enum statement statement)
{
    int result = sqlite3_step(store->statements[statement]);
    stop(store, statement);
    return status_of(result);
}

enum status next_row(struct store *store, enum statement statement, bool *ret_more)
{
    int result = sqlite3_step(store->statements[statement]);
    if (result != SQLITE_ROW)
        stop(store, statement);
    if (result == SQLITE_ROW || result == SQLITE_DONE)
        *ret_more = result == SQLITE_ROW;
    return status_of(result);
}

const char *column_text(struct store *store, enum statement statement, int column)
{
    return (const char *)sqlite3_column_text(store->statements[statement], column);
}

int64_t column_number(struct store *store, enum statement statement, int column)
{
    return sqlite3_column_int64(store->statements[statement], column);
}

/* SQLite would make the file readable by all; it holds password hashes. */
static enum status make_private_file(const char *path, struct failure *failure)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return failure_set(failure, STATUS_IO, "database %s: %s", path, strerror(errno));
    close(fd);
    return STATUS_OK;
}

static enum status execute(struct store *store, const char *sql)
{
    return status_of(sqlite3_exec(store->database, sql, NULL, NULL, NULL));
}

static int take_version(void *arg, int columns, char **values, char **names)
{
    (void)names;
    int *version = arg;
    if (columns == 1 && values[0])
        *version = (int)strtol(values[0], NULL, 10);
    return 0;
}

/* One step and the row that says it was taken, together. */
static enum status migrate(struct store *store, const char *path, int version,
                           struct failure *failure)
{
    char record[96];
    snprintf(record, sizeof record, "INSERT INTO schema_version (version) VALUES (%d)",
             version + 1);
    enum status status = execute(store, "BEGIN IMMEDIATE");
    if (status == STATUS_OK)
        status = execute(store, store_migrations[version]);
    if (status == STATUS_OK)
        status = execute(store, record);
    if (status == STATUS_OK)
        status = execute(store, "COMMIT");
    if (status == STATUS_OK)
        return STATUS_OK;
    failure_set(failure, status, "database %s: %s", path, sqlite3_errmsg(store->database));
    (void)!execute(store, "ROLLBACK");
    return status;
}

static enum status bring_up_to_date(struct store *store, const char *path, struct failure *failure)
{
    int version = 0;
    enum status status =
        execute(store, "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY)");
    if (status == STATUS_OK)
        status = status_of(sqlite3_exec(store->database, "SELECT MAX(version) FROM schema_version",
                                        take_version, &version, NULL));
    if (status == STATUS_OK && version > (int)store_migration_count)
        return failure_set(failure, STATUS_UNSUPPORTED,
                           "database %s: its schema version %d is newer than this program's %zu",
                           path, version, store_migration_count);
    if (status != STATUS_OK)
        return failure_set(failure, status, "database %s: %s", path,
                           sqlite3_errmsg(store->database));
    for (; status == STATUS_OK && version < (int)store_migration_count; version++)
        status = migrate(store, path, version, failure);
    return status;
}

static enum status prepare_all(struct store *store)
{
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        int result = sqlite3_prepare_v3(store->database, statement_texts[i], -1,
                                        SQLITE_PREPARE_PERSISTENT, &store->statements[i], NULL);
        if (result != SQLITE_OK)
            return status_of(result);
    }
    return STATUS_OK;
}

static enum status open_database(struct store *store, const char *path)
{
    int result =
        sqlite3_open_v2(path, &store->database,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, NULL);
    if (result != SQLITE_OK)
        return status_of(result);
    sqlite3_busy_timeout(store->database, 2000);
    return execute(store, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                          "PRAGMA foreign_keys = ON");
}

enum status store_open(const char *path, struct store **ret_store, struct failure *failure)
{
    enum status status;
    if (strcmp(path, ":memory:") != 0) {
        status = make_private_file(path, failure);
        if (status != STATUS_OK)
            return status;
    }
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        return failure_set(failure, STATUS_NO_MEMORY, "database %s: out of memory", path);

    status = open_database(store, path);
    if (status != STATUS_OK) {
        failure_set(failure, status, "database %s: %s", path, store_message(store));
        goto out;
    }
    status = bring_up_to_date(store, path, failure);
    if (status != STATUS_OK)
        goto out;
    status = prepare_all(store);
    if (status != STATUS_OK) {
        failure_set(failure, status, "database %s: %s", path, store_message(store));
        goto out;
    }
    *ret_store = store;
    return STATUS_OK;
out:
    store_close(store);
    return status;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(store->statements[i]);
    sqlite3_close(store->database);
    free(store);
}

bool store_is_kept(const struct store *store)
{
    const char *name = sqlite3_db_filename(store->database, "main");
    return name && name[0];
}

enum status store_begin(struct store *store)
{
    return run(store, STATEMENT_BEGIN);
}

enum status store_commit(struct store *store)
{
    return run(store, STATEMENT_COMMIT);
}

void store_rollback(struct store *store)
{
    (void)!run(store, STATEMENT_ROLLBACK);
}

const char *store_message(const struct store *store)
{
    return sqlite3_errmsg(store->database);
}
