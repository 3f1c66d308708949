#include "reference-server/store/store.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define O1 "organisation-0000001"
#define C1 "clinic-0000000000001"
#define C2 "clinic-0000000000002"
#define R1 "room-000000000000001"
#define R2 "room-000000000000002"
#define U1 "user-000000000000001"

static char path[64];

static void setup(void)
{
    strcpy(path, "/tmp/caseload-store-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(path));
    strcat(path, "/db");
}

static void teardown(void)
{
    char name[80];
    unlink(path);
    snprintf(name, sizeof name, "%s-wal", path);
    unlink(name);
    snprintf(name, sizeof name, "%s-shm", path);
    unlink(name);
    *strrchr(path, '/') = '\0';
    rmdir(path);
}

static struct store *open_ok(const char *where)
{
    struct store *store = NULL;
    struct failure failure = {0};
    ck_assert_msg(store_open(where, &store, &failure) == STATUS_OK, "%s", failure.message);
    return store;
}

static enum status add_membership(struct store *store, const char *clinic, const char *role)
{
    return store_add_membership(
        store, &(struct store_membership){
                   .user_id = U1, .organisation_id = O1, .clinic_id = clinic, .role = role});
}

static void fill(struct store *store)
{
    ck_assert_int_eq(store_add_organisation(store, O1, "One"), STATUS_OK);
    /* Added out of order: the position counts. */
    ck_assert_int_eq(store_add_clinic(store, C2, O1, 1, "Heart", "heart-link"), STATUS_OK);
    ck_assert_int_eq(store_add_clinic(store, C1, O1, 0, "Renal", "renal-link"), STATUS_OK);
    ck_assert_int_eq(store_add_user(store, U1, "ann", "Ann", "hash"), STATUS_OK);
    const struct store_room group = {R1, C1, "group", NULL, "Group", "group-link"},
                            own = {R2, C1, "user", U1, "Ann", "ann-link"};
    ck_assert_int_eq(store_add_room(store, &own, 1), STATUS_OK);
    ck_assert_int_eq(store_add_room(store, &group, 0), STATUS_OK);
    ck_assert_int_eq(add_membership(store, NULL, "organisation_reporter"), STATUS_OK);
    ck_assert_int_eq(add_membership(store, C1, "team_member"), STATUS_OK);
}

static char read_text[1024];

static enum status read_organisation(void *arg, const char *id, const char *name,
                                     const char *settings)
{
    (void)arg;
    (void)id;
    ck_assert_str_eq(settings, "{}");
    strcat(strcat(read_text, "O:"), name);
    return STATUS_OK;
}

static enum status read_clinic(void *arg, const char *id, const char *organisation_id,
                               const char *name, const char *link, const char *settings)
{
    (void)id;
    (void)settings;
    ck_assert_str_eq(organisation_id, O1);
    strcat(strcat(strcat(strcat(read_text, " C:"), name), "/"), link);
    return *(enum status *)arg;
}

static enum status read_room(void *arg, const struct store_room *room)
{
    (void)arg;
    ck_assert_str_eq(room->clinic_id, C1);
    ck_assert_str_eq(room->owner_id ? room->owner_id : "-",
                     strcmp(room->kind, "user") == 0 ? U1 : "-");
    strcat(strcat(strcat(strcat(read_text, " R:"), room->name), "/"), room->link);
    strcat(strcat(read_text, "/"), room->kind);
    return STATUS_OK;
}

static enum status read_user(void *arg, const char *id, const char *username, const char *name,
                             const char *password_hash)
{
    (void)arg;
    (void)id;
    (void)name;
    strcat(strcat(strcat(strcat(read_text, " U:"), username), "/"), password_hash);
    return STATUS_OK;
}

static enum status read_membership(void *arg, const struct store_membership *membership)
{
    char denied[16];
    (void)arg;
    ck_assert_str_eq(membership->user_id, U1);
    ck_assert_str_eq(membership->organisation_id, O1);
    snprintf(denied, sizeof denied, membership->denied ? "!%u" : "", (unsigned)membership->denied);
    strcat(strcat(read_text, " M:"), membership->clinic_id ? membership->clinic_id : "-");
    strcat(strcat(strcat(read_text, "/"), membership->role), denied);
    return STATUS_OK;
}

static enum status read_invitation(void *arg, const struct store_invitation *invitation)
{
    char line[128];
    (void)arg;
    snprintf(line, sizeof line, " I:%s/%s/%s/%u/%d", invitation->hash,
             invitation->offered.clinic_id ? invitation->offered.clinic_id : "-",
             invitation->offered.role, (unsigned)invitation->offered.denied,
             (int)invitation->expires_at_us);
    strcat(read_text, line);
    return STATUS_OK;
}

static const char *read_all(struct store *store, enum status clinic_status, enum status expected)
{
    struct store_reader reader = {&clinic_status, read_organisation, read_clinic,    read_user,
                                  read_room,      read_membership,   read_invitation};
    read_text[0] = '\0';
    ck_assert_int_eq(store_read_directory(store, &reader), expected);
    return read_text;
}

START_TEST(what_was_written_is_read_in_order)
{
    struct store *store = open_ok(":memory:");
    bool has = true;
    ck_assert_int_eq(store_has_organisations(store, &has), STATUS_OK);
    ck_assert(!has);
    fill(store);
    ck_assert_int_eq(store_has_organisations(store, &has), STATUS_OK);
    ck_assert(has);
    ck_assert_str_eq(read_all(store, STATUS_OK, STATUS_OK),
                     "O:One C:Renal/renal-link C:Heart/heart-link U:ann/hash "
                     "R:Group/group-link/group R:Ann/ann-link/user "
                     "M:-/organisation_reporter M:" C1 "/team_member");
    store_close(store);
    store_close(NULL);
}
END_TEST

START_TEST(the_administration_changes_what_is_there)
{
    struct store *store = open_ok(":memory:");
    struct store_membership one = {U1, O1, C1, "team_member", 5};
    struct store_membership none = {U1, O1, NULL, "organisation_reporter", 0};
    struct store_invitation offer = {"h1", U1, {NULL, O1, NULL, "organisation_coordinator", 0}, 7};
    struct store_invitation second = {"h2", U1, {NULL, O1, C2, "clinic_clerk", 9}, 8};
    fill(store);
    ck_assert_int_eq(store_set_clinic(store, C1, "Kidney", "{\"x\":1}"), STATUS_OK);
    ck_assert_int_eq(store_set_membership(store, &one), STATUS_OK);
    ck_assert_int_eq(store_remove_membership(store, &none), STATUS_OK);
    ck_assert_int_eq(store_add_invitation(store, &offer), STATUS_OK);
    ck_assert_int_eq(store_add_invitation(store, &second), STATUS_OK);
    ck_assert_int_eq(store_add_invitation(store, &second), STATUS_EXISTS);
    ck_assert_int_eq(store_sweep_invitations(store, 7), STATUS_OK); /* the first */
    ck_assert_int_eq(store_remove_invitation(store, "h1"), STATUS_OK);
    ck_assert_str_eq(read_all(store, STATUS_OK, STATUS_OK),
                     "O:One C:Kidney/renal-link C:Heart/heart-link U:ann/hash "
                     "R:Group/group-link/group R:Ann/ann-link/user "
                     "M:" C1 "/team_member!5 I:h2/" C2 "/clinic_clerk/9/8");
    store_close(store);
}
END_TEST

START_TEST(a_reader_can_stop_and_the_store_goes_on)
{
    struct store *store = open_ok(":memory:");
    fill(store);
    ck_assert_str_eq(read_all(store, STATUS_NO_MEMORY, STATUS_NO_MEMORY),
                     "O:One C:Renal/renal-link");
    ck_assert_ptr_nonnull(strstr(read_all(store, STATUS_OK, STATUS_OK), "M:"));
    store_close(store);
}
END_TEST

START_TEST(what_must_be_unique_is)
{
    struct store *store = open_ok(":memory:");
    fill(store);
    ck_assert_int_eq(store_add_organisation(store, O1, "x"), STATUS_EXISTS);
    ck_assert_int_eq(store_add_clinic(store, "c", O1, 3, "x", "heart-link"), STATUS_EXISTS);
    ck_assert_ptr_nonnull(strstr(store_message(store), "link"));
    ck_assert_int_eq(store_add_user(store, "u", "ann", "x", "x"), STATUS_EXISTS);
    ck_assert_int_eq(store_add_clinic(store, "c", "nowhere", 3, "x", "new-link"), STATUS_EXISTS);
    store_close(store);
}
END_TEST

START_TEST(a_transaction_is_all_or_nothing)
{
    struct store *store = open_ok(":memory:");
    bool has = true;
    ck_assert_int_eq(store_begin(store), STATUS_OK);
    fill(store);
    store_rollback(store);
    ck_assert_int_eq(store_has_organisations(store, &has), STATUS_OK);
    ck_assert(!has);
    ck_assert_int_eq(store_begin(store), STATUS_OK);
    fill(store);
    ck_assert_int_eq(store_commit(store), STATUS_OK);
    ck_assert_int_eq(store_has_organisations(store, &has), STATUS_OK);
    ck_assert(has);
    store_close(store);
}
END_TEST

START_TEST(settings_are_replaced)
{
    struct store *store = open_ok(":memory:");
    char value[16] = "untouched";
    ck_assert_int_eq(store_read_setting(store, "a", value, sizeof value), STATUS_NOT_FOUND);
    ck_assert_str_eq(value, "untouched");
    ck_assert_int_eq(store_set(store, "a", "one"), STATUS_OK);
    ck_assert_int_eq(store_set(store, "a", "two"), STATUS_OK);
    ck_assert_int_eq(store_read_setting(store, "a", value, sizeof value), STATUS_OK);
    ck_assert_str_eq(value, "two");
    store_close(store);
}
END_TEST

static enum status list_token(void *arg, const struct store_token *token)
{
    (void)arg;
    ck_assert_str_eq(token->user_id, U1);
    strcat(strcat(read_text, token->hash), " ");
    return STATUS_OK;
}

START_TEST(only_living_tokens_are_read)
{
    struct store *store = open_ok(":memory:");
    fill(store);
    struct store_token tokens[] = {
        {"aa", U1, 100, 1000}, {"bb", U1, 100, 2000}, {"cc", U1, 100, 3000}};
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(store_add_token(store, &tokens[i]), STATUS_OK);
    ck_assert_int_eq(store_revoke_token(store, "cc", 500), STATUS_OK);
    ck_assert_int_eq(store_revoke_token(store, "unknown", 500), STATUS_OK);
    read_text[0] = '\0';
    ck_assert_int_eq(store_read_tokens(store, 1000, list_token, NULL), STATUS_OK);
    ck_assert_str_eq(read_text, "bb ");
    store_close(store);
}
END_TEST

static enum status list_visit(void *arg, const struct store_visit *visit)
{
    (void)arg;
    char line[128];
    snprintf(line, sizeof line, "%s %s %lld %lld %lld %s;", visit->space_id, visit->clinic_id,
             (long long)visit->entered_at_us, (long long)visit->seen_at_us,
             (long long)visit->ended_at_us, visit->cause);
    strcat(read_text, line);
    return STATUS_OK;
}

START_TEST(visits_are_only_added)
{
    struct store *store = open_ok(":memory:");
    fill(store);
    struct store_visit one = {"s1", C1, "transferred", 10, 20, 30};
    struct store_visit two = {"s1", C2, "left", 30, 0, 40};
    ck_assert_int_eq(store_add_visit(store, &two), STATUS_OK);
    ck_assert_int_eq(store_add_visit(store, &one), STATUS_OK);
    ck_assert_int_eq(store_add_visit(store, &one), STATUS_EXISTS);
    read_text[0] = '\0';
    ck_assert_int_eq(store_read_visits(store, list_visit, NULL), STATUS_OK);
    ck_assert_str_eq(read_text, "s1 " C1 " 10 20 30 transferred;s1 " C2 " 30 0 40 left;");
    store_close(store);
}
END_TEST

START_TEST(a_file_keeps_everything_and_only_its_owner_reads_it)
{
    struct store *store = open_ok(path);
    fill(store);
    store_close(store);
    struct stat file;
    ck_assert_int_eq(stat(path, &file), 0);
    ck_assert_int_eq(file.st_mode & 0777, 0600);
    store = open_ok(path);
    ck_assert_ptr_nonnull(strstr(read_all(store, STATUS_OK, STATUS_OK), "C:Heart/heart-link"));
    ck_assert(store_is_kept(store));
    store_close(store);
    store = open_ok(":memory:");
    ck_assert(!store_is_kept(store));
    store_close(store);
}
END_TEST

START_TEST(what_cannot_be_opened_is_named)
{
    struct store *store = NULL;
    struct failure failure = {0};
    ck_assert_int_eq(store_open("/nowhere/at/all", &store, &failure), STATUS_IO);
    ck_assert_ptr_nonnull(strstr(failure.message, "/nowhere/at/all"));
    FILE *file = fopen(path, "w");
    for (int i = 0; i < 200; i++)
        fputs("this is not a database ", file);
    fclose(file);
    ck_assert_int_eq(store_open(path, &store, &failure), STATUS_IO);
    ck_assert_ptr_nonnull(strstr(failure.message, path));
    ck_assert_ptr_null(store);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store");
    TCase *tests = tcase_create("store");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_was_written_is_read_in_order);
    tcase_add_test(tests, the_administration_changes_what_is_there);
    tcase_add_test(tests, a_reader_can_stop_and_the_store_goes_on);
    tcase_add_test(tests, what_must_be_unique_is);
    tcase_add_test(tests, a_transaction_is_all_or_nothing);
    tcase_add_test(tests, settings_are_replaced);
    tcase_add_test(tests, only_living_tokens_are_read);
    tcase_add_test(tests, visits_are_only_added);
    tcase_add_test(tests, a_file_keeps_everything_and_only_its_owner_reads_it);
    tcase_add_test(tests, what_cannot_be_opened_is_named);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
