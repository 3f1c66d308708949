#include "reference-server/store/migrations.h"

#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reference-server/store/store.h"

static char folder[64], path[80];

static void setup(void)
{
    strcpy(folder, "/tmp/caseload-migrations-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/db", folder);
}

static void teardown(void)
{
    char name[96];
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
    rmdir(folder);
}

static void execute(const char *sql)
{
    sqlite3 *database;
    ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
    char *message = NULL;
    ck_assert_msg(sqlite3_exec(database, sql, NULL, NULL, &message) == SQLITE_OK, "%s", message);
    sqlite3_close(database);
}

static int take_number(void *arg, int columns, char **values, char **names)
{
    (void)columns;
    (void)names;
    *(int *)arg = atoi(values[0]);
    return 0;
}

static int number(const char *sql)
{
    sqlite3 *database;
    int value = -1;
    ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(database, sql, take_number, &value, NULL), SQLITE_OK);
    sqlite3_close(database);
    return value;
}

START_TEST(a_new_file_gets_all_steps_once)
{
    struct store *store = NULL;
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(store_open(path, &store, NULL), STATUS_OK);
        store_close(store);
        ck_assert_int_eq(number("SELECT COUNT(*) FROM schema_version"), (int)store_migration_count);
        ck_assert_int_eq(number("SELECT MAX(version) FROM schema_version"),
                         (int)store_migration_count);
    }
}
END_TEST

START_TEST(every_older_version_is_brought_up)
{
    struct store *store = NULL;
    for (size_t from = 0; from < store_migration_count; from++) {
        execute("CREATE TABLE schema_version (version INTEGER PRIMARY KEY)");
        for (size_t step = 0; step < from; step++)
            execute(store_migrations[step]);
        char record[96];
        snprintf(record, sizeof record, "INSERT INTO schema_version SELECT %zu WHERE %zu > 0", from,
                 from);
        execute(record);
        ck_assert_int_eq(store_open(path, &store, NULL), STATUS_OK);
        ck_assert_int_eq(store_add_organisation(store, "o", "n"), STATUS_OK);
        store_close(store);
        unlink(path);
    }
}
END_TEST

START_TEST(a_newer_schema_is_refused_untouched)
{
    struct store *store = NULL;
    struct failure failure = {0};
    execute("CREATE TABLE schema_version (version INTEGER PRIMARY KEY);"
            "INSERT INTO schema_version VALUES (1000)");
    ck_assert_int_eq(store_open(path, &store, &failure), STATUS_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(failure.message, "1000"));
    ck_assert_int_eq(number("SELECT COUNT(*) FROM sqlite_master"), 1);
}
END_TEST

/* A failing step leaves no half of itself: here because its table is there already. */
START_TEST(a_step_is_taken_whole_or_not_at_all)
{
    struct store *store = NULL;
    struct failure failure = {0};
    execute("CREATE TABLE visits (x INTEGER)");
    ck_assert_int_ne(store_open(path, &store, &failure), STATUS_OK);
    ck_assert_ptr_nonnull(strstr(failure.message, "visits"));
    ck_assert_int_eq(number("SELECT COUNT(*) FROM sqlite_master WHERE name = 'organisations'"), 0);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM schema_version"), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("migrations");
    TCase *tests = tcase_create("migrations");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_new_file_gets_all_steps_once);
    tcase_add_test(tests, every_older_version_is_brought_up);
    tcase_add_test(tests, a_newer_schema_is_refused_untouched);
    tcase_add_test(tests, a_step_is_taken_whole_or_not_at_all);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
