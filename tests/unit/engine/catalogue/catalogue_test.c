#include "engine/catalogue/catalogue.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHIPPED CASELOAD_VECTORS "/../../docs/requirements"

#define ROW(id, level, severity, profile)                                                          \
    "{\"id\":\"" id "\",\"level\":\"" level "\",\"derived\":true,\"profile\":\"" profile           \
    "\",\"severity\":\"" severity "\",\"text\":\"Something holds.\"}"
#define FILE_OF(rows)                                                                              \
    "{\"schema\":\"caseload/requirements/1\",\"version\":\"2.1.0\","                               \
    "\"profiles\":[{\"id\":\"core\"}],\"requirements\":[" rows "]}"
#define NO_INVARIANTS "{\"schema\":\"caseload/invariants/1\",\"invariants\":[]}"

static char folder[] = "/tmp/caseload-catalogue-XXXXXX";
static struct catalogue *catalogue;
static struct failure failure;

static void put(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static void setup(void)
{
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    catalogue = NULL;
    failure = (struct failure){0};
}

static void teardown(void)
{
    static const char *const names[] = {"requirements.json", "invariants.json"};
    char path[128];

    catalogue_destroy(catalogue);
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

static enum status read_texts(const char *requirements, const char *invariants)
{
    put("requirements.json", requirements);
    put("invariants.json", invariants);
    return catalogue_read(folder, &catalogue, &failure);
}

START_TEST(the_shipped_one_is_whole)
{
    ck_assert_msg(catalogue_read(SHIPPED, &catalogue, &failure) == STATUS_OK, "%s",
                  failure.message);
    ck_assert_uint_eq(catalogue_count(catalogue), 321 + 43);
    ck_assert_uint_eq(catalogue_profile_count(catalogue), 20);
    size_t levels[REQUIREMENT_LEVEL_COUNT] = {0}, invariants = 0;
    for (size_t i = 0; i < catalogue_count(catalogue); i++) {
        const struct requirement *row = catalogue_at(catalogue, i);
        invariants += row->invariant;
        if (!row->invariant)
            levels[row->level]++;
    }
    ck_assert_uint_eq(invariants, 43);
    ck_assert_uint_eq(levels[REQUIREMENT_MUST], 255);
    ck_assert_uint_eq(levels[REQUIREMENT_SHOULD], 52);
    ck_assert_uint_eq(levels[REQUIREMENT_MAY], 14);
    const struct requirement *row = catalogue_find(catalogue, "WA-24");
    ck_assert_ptr_nonnull(row);
    ck_assert_str_eq(row->profile, "core");
    ck_assert_int_eq(row->severity, SEVERITY_PRIVACY);
    ck_assert_ptr_null(catalogue_find(catalogue, "WA-99"));
}
END_TEST

START_TEST(a_row_is_read)
{
    ck_assert_int_eq(read_texts(FILE_OF(ROW("ONE-07", "SHOULD", "quality", "core")), NO_INVARIANTS),
                     STATUS_OK);
    const struct requirement *row = catalogue_at(catalogue, 0);
    ck_assert_str_eq(row->id, "ONE-07");
    ck_assert_str_eq(row->text, "Something holds.");
    ck_assert_int_eq(row->level, REQUIREMENT_SHOULD);
    ck_assert_int_eq(row->severity, SEVERITY_QUALITY);
    ck_assert(row->derived && !row->invariant);
    ck_assert_str_eq(catalogue_version(catalogue), "2.1.0");
}
END_TEST

START_TEST(another_content_has_another_digest)
{
    char before[DIGEST_TEXT_SIZE];

    ck_assert_int_eq(read_texts(FILE_OF(ROW("ONE-07", "MAY", "quality", "core")), NO_INVARIANTS),
                     STATUS_OK);
    snprintf(before, sizeof before, "%s", catalogue_digest(catalogue));
    catalogue_destroy(catalogue);
    ck_assert_int_eq(read_texts(FILE_OF(ROW("ONE-08", "MAY", "quality", "core")), NO_INVARIANTS),
                     STATUS_OK);
    ck_assert_str_ne(before, catalogue_digest(catalogue));
}
END_TEST

/* What is wrong in a row is said with its id. */
START_TEST(a_wrong_row_is_named)
{
    static const struct {
        const char *text, *says;
    } wrong[] = {
        {FILE_OF(ROW("ONE-07", "MUSTN'T", "quality", "core")), "'ONE-07': its level"},
        {FILE_OF(ROW("ONE-07", "MUST", "grave", "core")), "'ONE-07': its severity"},
        {FILE_OF(ROW("ONE-07", "MUST", "safety", "score")), "'ONE-07': its profile"},
        {FILE_OF(ROW("one", "MUST", "safety", "core")), "'one': an id is"},
        {FILE_OF(ROW("A-1", "MUST", "safety", "core") "," ROW("A-1", "MUST", "safety", "core")),
         "'A-1': the id is there twice"},
        {FILE_OF("{\"id\":\"A-1\",\"level\":\"MUST\",\"text\":\"\"}"), "'A-1': no text"},
        {FILE_OF("7"), "'': an id is"},
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_int_eq(read_texts(wrong[i].text, NO_INVARIANTS), STATUS_MALFORMED);
        ck_assert_msg(strstr(failure.message, wrong[i].says) != NULL, "%s", failure.message);
        ck_assert_ptr_null(catalogue);
    }
}
END_TEST

START_TEST(a_file_that_is_none_is_named)
{
    ck_assert_int_eq(catalogue_read("/nowhere", &catalogue, &failure), STATUS_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(failure.message, "/nowhere/requirements.json"));
    ck_assert_int_eq(read_texts("{\n[", NO_INVARIANTS), STATUS_MALFORMED);
    ck_assert_ptr_nonnull(strstr(failure.message, "requirements.json:2:"));
    ck_assert_int_eq(read_texts("{\"schema\":\"caseload/fixture/1\"}", NO_INVARIANTS),
                     STATUS_MALFORMED);
    ck_assert_int_eq(read_texts(FILE_OF(""), "[]"), STATUS_MALFORMED);
}
END_TEST

START_TEST(ids_have_a_form)
{
    ck_assert(requirement_id_is_formal("WA-24") && requirement_id_is_formal("INV-1"));
    ck_assert(!requirement_id_is_formal("wa-24") && !requirement_id_is_formal("WA-"));
    ck_assert(!requirement_id_is_formal("-24") && !requirement_id_is_formal("WA24"));
    ck_assert(!requirement_id_is_formal("WA-24b") && !requirement_id_is_formal(""));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("catalogue");
    TCase *cases = tcase_create("all");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, the_shipped_one_is_whole);
    tcase_add_test(cases, a_row_is_read);
    tcase_add_test(cases, another_content_has_another_digest);
    tcase_add_test(cases, a_wrong_row_is_named);
    tcase_add_test(cases, a_file_that_is_none_is_named);
    tcase_add_test(cases, ids_have_a_form);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
