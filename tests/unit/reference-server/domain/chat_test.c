#include "reference-server/domain/chat.h"

#include <check.h>

#include "tests/support/domain_bench.h"

static struct domain_bench bench;
static struct participant *caller;

static void setup(void)
{
    domain_bench_init(&bench);
    caller = bench_enter(&bench, bench.a, "Ann");
}

static void teardown(void)
{
    domain_bench_finish(&bench);
}

static enum status say(struct participant *actor, const char *text)
{
    outcome_clear(&bench.outcome);
    return chat_send(bench.domain, actor, caller->card->id.text, text, &bench.outcome);
}

static enum status say_as_caller(const char *text)
{
    outcome_clear(&bench.outcome);
    return chat_send_as_caller(bench.domain, caller, text, &bench.outcome);
}

START_TEST(staff_write_to_a_waiting_caller)
{
    ck_assert_int_eq(say(bench.clerk, "soon"), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "chat:caller");
    ck_assert_str_eq(bench.outcome.effects[0].text, "soon");
    ck_assert_ptr_eq(bench.outcome.effects[0].from, bench.clerk);
    ck_assert_int_eq(say(bench.doctor_other, "hello"), STATUS_NOT_FOUND);
    ck_assert_int_eq(say(bench.org_reporter, "hello"), STATUS_NOT_FOUND);
}
END_TEST

START_TEST(in_a_call_all_but_the_writer_read)
{
    bench_join(&bench, bench.nurse, caller);
    bench_join(&bench, bench.doctor, caller);
    ck_assert_int_eq(say(bench.nurse, "x"), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "chat:caller chat:staff");
    ck_assert_int_eq(say_as_caller("y"), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "chat:staff chat:staff");
    ck_assert_int_eq(say(bench.clerk, "from outside"), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "chat:caller chat:staff chat:staff");
}
END_TEST

START_TEST(a_waiting_caller_writes_to_the_dashboard)
{
    ck_assert_int_eq(say_as_caller("how long?"), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "message");
    ck_assert_ptr_eq(bench.outcome.effects[0].area, &bench.a->area);
}
END_TEST

START_TEST(who_stayed_behind_a_transfer_does_not_reach_the_caller)
{
    bench_join(&bench, bench.referrer, caller);
    bench_join(&bench, bench.nurse, caller);
    bench_join(&bench, bench.doctor, caller);
    ck_assert_int_eq(bench_do_transfer(&bench, bench.referrer, caller->card->id.text, bench.b),
                     STATUS_OK);
    ck_assert_int_eq(say(bench.nurse, "x"), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "chat:staff");
    ck_assert_ptr_eq(bench.outcome.effects[0].to, bench.doctor);
    ck_assert_int_eq(say(bench.referrer, "x"), STATUS_NOT_FOUND);
}
END_TEST

START_TEST(nobody_writes_from_a_space_that_is_over)
{
    ck_assert_int_eq(bench_do_remove(&bench, bench.clerk, caller->card->id.text), STATUS_OK);
    ck_assert_int_eq(say_as_caller("hello?"), STATUS_GONE);
    outcome_clear(&bench.outcome);
    caller_detach(bench.domain, caller, bench.now_us, &bench.outcome);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chat");
    TCase *tests = tcase_create("chat");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, staff_write_to_a_waiting_caller);
    tcase_add_test(tests, in_a_call_all_but_the_writer_read);
    tcase_add_test(tests, a_waiting_caller_writes_to_the_dashboard);
    tcase_add_test(tests, who_stayed_behind_a_transfer_does_not_reach_the_caller);
    tcase_add_test(tests, nobody_writes_from_a_space_that_is_over);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
