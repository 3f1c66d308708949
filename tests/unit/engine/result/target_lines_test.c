/* target_lines.c and run_json_read.c: what a shard leaves of its target and of itself is what
 * merging finds again. */
#include "engine/result/target_lines.h"

#include "engine/result/run_json.h"
#include "temporary_folder.h"

#define S 1000000

static struct run_result *shard, *whole;
static struct failure failure;

static void setup(void)
{
    make_temporary_folder();
    shard = run_result_create();
    whole = run_result_create();
}

static void teardown(void)
{
    run_result_destroy(shard);
    run_result_destroy(whole);
    remove_temporary_folder();
}

static void see(struct run_result *result, int second, double cpu, double drops)
{
    struct target_second seen = target_second_unknown((int64_t)second * S);
    seen.cpu = cpu;
    seen.drops = drops;
    run_result_add_target_second(result, &seen);
}

START_TEST(seconds_are_found_again)
{
    see(shard, 1, 0.123456789, -1);
    see(shard, 3, 0.5, 7);
    ck_assert_int_eq(target_lines_write(shard, temporary_folder, &failure), STATUS_OK);
    see(whole, 3, 0.25, 0); /* another shard told of this one before: it is second 1, 2 s late */
    ck_assert_int_eq(target_lines_read(whole, temporary_folder, 2, &failure), STATUS_OK);
    ck_assert_uint_eq(whole->timeline_count, 5);
    ck_assert_double_eq(whole->timeline[2].target.cpu, 0.25);
    ck_assert_double_lt(whole->timeline[3].target.cpu, 0);
    ck_assert_double_eq(whole->timeline[4].target.cpu, 0.5);
    ck_assert_double_eq(whole->timeline[4].target.drops, 7);
    ck_assert_double_lt(whole->timeline[4].target.packets, 0);
    ck_assert_int_eq(target_lines_read(shard, temporary_folder, 0, &failure), STATUS_OK);
    ck_assert_double_eq_tol(shard->timeline[0].target.cpu, 0.123456789, 1e-12);
}
END_TEST

START_TEST(nothing_seen_is_no_file)
{
    see(shard, 2, -1, -1);
    ck_assert_int_eq(target_lines_write(shard, temporary_folder, &failure), STATUS_OK);
    ck_assert_int_ne(access(temporary_path("target.jsonl"), F_OK), 0);
    ck_assert_int_eq(target_lines_read(whole, temporary_folder, 0, &failure), STATUS_OK);
    ck_assert_uint_eq(whole->timeline_count, 0);
}
END_TEST

START_TEST(what_is_no_second_is_named)
{
    static const char *const wrong[] = {"garbage",
                                        "{\"second\": -1}",
                                        "{\"second\": 1e9}",
                                        "{\"second\": 99999999999}",
                                        "{\"cpu\": 1}",
                                        "{\"second\": 1, \"cpu\": \"1\"}",
                                        "{\"second\": 1, \"cpu\": -5}",
                                        "[]",
                                        "\n"};
    char text[1200];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(text, sizeof text, "{\"second\": 0, \"cpu\": 0.5}\n%s\n{\"second\": 2}\n",
                 wrong[i]);
        write_text(temporary_path("target.jsonl"), text);
        ck_assert_msg(target_lines_read(whole, temporary_folder, 0, &failure) == STATUS_MALFORMED,
                      "%s", wrong[i]);
        ck_assert_ptr_nonnull(strstr(failure.message, "target.jsonl:2"));
    }
    ck_assert_uint_eq(whole->timeline_count, 1);
    memset(text, ' ', sizeof text - 1); /* longer than any line */
    text[sizeof text - 1] = '\0';
    write_text(temporary_path("target.jsonl"), text);
    ck_assert_int_eq(target_lines_read(whole, temporary_folder, 0, &failure), STATUS_MALFORMED);
}
END_TEST

static void fill(struct run_info *info)
{
    snprintf(info->story, sizeof info->story, "one");
    snprintf(info->media, sizeof info->media, "full");
    snprintf(info->video, sizeof info->video, "640x360 VP8 500 kbit/s");
    snprintf(info->client, sizeof info->client, "light");
    snprintf(info->io_path, sizeof info->io_path, "io_uring");
    snprintf(info->target_name, sizeof info->target_name, "reference");
    snprintf(info->cpu_limit_by, sizeof info->cpu_limit_by, "cgroup");
    info->target_cores = 0.3;
    info->cpu_limit = 0.3;
    info->probe_share = 0.05;
    info->plain = info->target_embedded = info->host_noisy = true;
    info->stall_before_us = 7;
    info->stall_after_us = 9;
    info->seed = UINT64_MAX;
    info->idle_path = (struct idle_path){50, 1, 4, 33};
    host_card_read(&info->host);
}

static void same(json_t *left, json_t *right)
{
    ck_assert(json_equal(left, right));
    json_decref(left);
    json_decref(right);
}

START_TEST(a_run_is_found_again)
{
    struct run_info *a = &shard->info, *b = &whole->info;
    fill(a);
    json_t *run = run_to_json(shard);
    run_info_read(run, b);
    same(run_story_to_json(a), run_story_to_json(b));
    same(run_media_to_json(a), run_media_to_json(b));
    same(run_target_to_json(a), run_target_to_json(b));
    same(run_host_to_json(a), run_host_to_json(b));
    same(run_idle_path_to_json(&a->idle_path), run_idle_path_to_json(&b->idle_path));
    ck_assert(b->seed == UINT64_MAX);
    json_decref(run);
}
END_TEST

START_TEST(what_a_terminal_would_obey_is_not_kept)
{
    json_t *run = json_pack("{s:{s:s, s:i}}", "story", "name", "\x1b[2Jone\x7f", "title", 5);
    run_info_read(run, &whole->info);
    ck_assert_str_eq(whole->info.story, "?[2Jone?");
    ck_assert_str_eq(whole->info.story_title, "");
    ck_assert_uint_eq(whole->info.idle_path.sent, 0);
    json_decref(run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("target_lines");
    TCase *cases = tcase_create("found again");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, seconds_are_found_again);
    tcase_add_test(cases, nothing_seen_is_no_file);
    tcase_add_test(cases, what_is_no_second_is_named);
    tcase_add_test(cases, a_run_is_found_again);
    tcase_add_test(cases, what_a_terminal_would_obey_is_not_kept);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
