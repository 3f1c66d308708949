#include "engine/network/net_link.h"

#include <check.h>
#include <string.h>

#define DELIVERED_MAX 8192

struct delivered {
    bool up;
    uint64_t route;
    uint8_t first;
    size_t size;
    int64_t at_us, now_us;
};

static struct bench {
    struct timer_wheel *wheel;
    struct net_pool *pool;
    struct metrics *metrics;
    struct net_link *link;
    int64_t now_us;
    struct delivered delivered[DELIVERED_MAX];
    size_t count;
    bool echo; /* each delivery sends one more */
} bench;

static void give(bool up, uint8_t first, size_t size)
{
    uint8_t data[NET_DATAGRAM_MAX + 1] = {first};

    net_link_carry(bench.link, up, first, data, size, bench.now_us, bench.now_us);
}

static void on_deliver(void *arg, bool up, uint64_t route, uint8_t *data, size_t size,
                       int64_t at_us)
{
    ck_assert_ptr_eq(arg, &bench);
    ck_assert_uint_lt(bench.count, DELIVERED_MAX);
    bench.delivered[bench.count++] =
        (struct delivered){up, route, data[0], size, at_us, bench.now_us};
    memset(data, 0xee, size); /* as who decrypts in place */
    if (bench.echo)
        give(up, 9, 10);
}

static void open_link(const char *text, size_t pool_max)
{
    struct net_profile profile;
    struct failure failure = {0};

    memset(&bench, 0, sizeof bench);
    bench.now_us = 1000000;
    bench.wheel = timer_wheel_create(bench.now_us);
    bench.pool = net_pool_create(pool_max);
    bench.metrics = metrics_create();
    ck_assert_msg(net_profile_parse(text, &profile, &failure) == STATUS_OK, "%s", failure.message);
    bench.link = net_link_create(&(struct net_link_config){.wheel = bench.wheel,
                                                           .pool = bench.pool,
                                                           .metrics = bench.metrics,
                                                           .seed = 1,
                                                           .session = 2,
                                                           .actor = "patient",
                                                           .arg = &bench,
                                                           .deliver = on_deliver},
                                 &profile);
    ck_assert_ptr_nonnull(bench.link);
}

static void close_link(void)
{
    net_link_destroy(bench.link);
    ck_assert_uint_eq(net_pool_in_use(bench.pool), 0);
    net_pool_destroy(bench.pool);
    metrics_destroy(bench.metrics);
    timer_wheel_destroy(bench.wheel);
}

/* As the shard's loop does: a tick every millisecond. */
static void pass(int64_t us)
{
    for (int64_t until_us = bench.now_us + us; bench.now_us < until_us;) {
        bench.now_us += 1000;
        timer_wheel_advance(bench.wheel, bench.now_us);
    }
}

static int64_t sum(const char *metric, const char *tag)
{
    struct metric_value value;

    return metrics_find(bench.metrics, metric, tag, &value) ? value.sum : 0;
}

static void change(const char *text)
{
    struct net_profile profile;
    struct failure failure = {0};

    ck_assert_int_eq(net_profile_parse(text, &profile, &failure), STATUS_OK);
    net_link_change(bench.link, &profile);
}

START_TEST(a_clear_network_delivers_at_once)
{
    open_link("none", 64);
    give(true, 1, 100);
    give(false, 2, 200);
    ck_assert_uint_eq(bench.count, 2);
    ck_assert(bench.delivered[0].up && !bench.delivered[1].up);
    ck_assert_int_eq(bench.delivered[1].at_us, bench.now_us);
    ck_assert_uint_eq(bench.delivered[1].route, 2);
    ck_assert_uint_eq(net_pool_in_use(bench.pool), 0);
    close_link();
}
END_TEST

START_TEST(what_is_held_arrives_with_the_time_it_was_due)
{
    open_link("up:delay=20ms,down:delay=30500us", 64);
    give(true, 1, 100);
    give(false, 2, 200);
    ck_assert_uint_eq(bench.count, 0);
    pass(19000);
    ck_assert_uint_eq(bench.count, 0);
    pass(21000);
    ck_assert_uint_eq(bench.count, 2);
    ck_assert_int_eq(bench.delivered[0].at_us, 1020000);
    ck_assert_int_eq(bench.delivered[0].now_us, 1020000);
    /* Released with the next tick, told as due. */
    ck_assert_int_eq(bench.delivered[1].at_us, 1030500);
    ck_assert_int_eq(bench.delivered[1].now_us, 1031000);
    ck_assert_uint_eq(bench.delivered[1].first, 2);
    ck_assert_uint_eq(bench.delivered[1].size, 200);
    struct metric_value slip;
    ck_assert(metrics_find(bench.metrics, "net.slip", "direction=down", &slip));
    ck_assert_int_eq(slip.histogram->max, 500);
    close_link();
}
END_TEST

/* A kernel's stamp from before: the delay counts from it. */
START_TEST(the_delay_counts_from_the_stamp)
{
    uint8_t data[10] = {7};

    open_link("delay=5ms", 64);
    net_link_carry(bench.link, false, 0, data, sizeof data, bench.now_us - 4000, bench.now_us);
    net_link_carry(bench.link, false, 0, data, sizeof data, bench.now_us - 3000, bench.now_us);
    pass(3000);
    ck_assert_uint_eq(bench.count, 2);
    ck_assert_int_eq(bench.delivered[0].at_us, 1001000);
    ck_assert_int_eq(bench.delivered[1].at_us, 1002000);
    close_link();
}
END_TEST

START_TEST(order_is_kept_whatever_waits_for_the_tick)
{
    open_link("delay=500us", 64);
    give(true, 1, 10);
    change("none");
    give(true, 2, 10); /* not before the first */
    bench.now_us += 700;
    give(true, 3, 10); /* the first two are due, and wait for the tick */
    pass(2000);
    ck_assert_uint_eq(bench.count, 3);
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(bench.delivered[i].first, i + 1);
    close_link();
}
END_TEST

START_TEST(who_is_held_back_is_overtaken)
{
    open_link("delay=1ms,reorder=50%,lag=3ms", 64);
    for (uint8_t i = 1; i <= 40; i++) {
        give(true, i, 10);
        pass(1000);
    }
    pass(10000);
    ck_assert_uint_eq(bench.count, 40);
    size_t overtaken = 0;
    for (size_t i = 1; i < 40; i++)
        overtaken += bench.delivered[i].first < bench.delivered[i - 1].first;
    ck_assert_uint_ge(overtaken, 3);
    ck_assert_int_ge(sum("net.reordered", ""), (int64_t)overtaken);
    close_link();
}
END_TEST

START_TEST(a_duplicate_is_a_copy)
{
    open_link("duplicate=100%", 64);
    give(true, 5, 10);
    pass(1000);
    ck_assert_uint_eq(bench.count, 2);
    ck_assert_uint_eq(bench.delivered[0].first, 5);
    ck_assert_uint_eq(bench.delivered[1].first, 5);
    ck_assert_int_eq(sum("net.duplicated", "direction=up"), 1);
    close_link();
}
END_TEST

START_TEST(everything_that_enters_is_accounted_for)
{
    open_link("delay=10ms,loss=20%,rate=1mbit/s,queue=20ms,duplicate=5%", 1024);
    for (int i = 0; i < 2000; i++) {
        give(i % 2 == 0, 1, 300);
        bench.now_us += 1000;
        timer_wheel_advance(bench.wheel, bench.now_us);
    }
    size_t held = net_pool_in_use(bench.pool);
    ck_assert_uint_gt(held, 0);
    int64_t entered = sum("net.datagrams", ""), lost = sum("net.lost", ""),
            dropped = sum("net.queue_dropped", ""), duplicated = sum("net.duplicated", "");
    ck_assert_int_eq(entered, 2000);
    ck_assert_int_gt(lost, 200);
    ck_assert_int_gt(dropped, 100);
    ck_assert_int_eq(entered + duplicated, lost + dropped + (int64_t)(bench.count + held));
    ck_assert_int_eq(sum("net.lost", "direction=up") + sum("net.lost", "direction=down"), lost);
    ck_assert_int_eq(sum("net.lost", "net=custom"), lost);
    net_link_destroy(bench.link);
    bench.link = NULL;
    ck_assert_int_eq(sum("net.cut", ""), (int64_t)held);
    close_link();
}
END_TEST

START_TEST(without_room_it_is_refused_and_counted)
{
    open_link("delay=1s", 3);
    for (int i = 0; i < 5; i++)
        give(true, 1, 100);
    give(false, 1, NET_DATAGRAM_MAX + 1);
    ck_assert_int_eq(sum("net.refused", "direction=up"), 2);
    ck_assert_int_eq(sum("net.refused", "direction=down"), 1);
    pass(1000000);
    ck_assert_uint_eq(bench.count, 3);
    close_link();

    open_link("delay=1s", NET_POOL_MAX);
    for (int i = 0; i < NET_LINK_HELD_MAX + 7; i++)
        give(true, 1, 100);
    ck_assert_int_eq(sum("net.refused", ""), 7);
    close_link();
}
END_TEST

/* A receiver that answers each datagram at once must not keep the tick busy for ever. */
START_TEST(an_answer_waits_for_its_turn)
{
    open_link("delay=1ms", 64);
    bench.echo = true;
    give(true, 1, 10);
    pass(10000);
    ck_assert_uint_ge(bench.count, 9);
    ck_assert_uint_le(bench.count, 10);
    change("none"); /* now each answer is due at once, behind the other of two */
    bench.count = 0;
    give(true, 2, 10);
    pass(10000);
    ck_assert_uint_ge(bench.count, 18);
    ck_assert_uint_le(bench.count, 22);
    bench.echo = false;
    close_link();
}
END_TEST

START_TEST(a_change_holds_for_what_comes)
{
    open_link("delay=10ms", 64);
    ck_assert_int_eq(net_link_longest_us(bench.link), 20000);
    give(true, 1, 10);
    change("offline");
    ck_assert_str_eq(net_link_profile(bench.link), "offline");
    give(true, 2, 10);
    change("delay=1ms");
    give(true, 3, 10);
    pass(20000);
    ck_assert_uint_eq(bench.count, 2);
    ck_assert_uint_eq(bench.delivered[1].first, 3);
    ck_assert_int_eq(sum("net.lost", "net=offline"), 1);
    ck_assert_int_eq(net_link_longest_us(bench.link), 20000);
    close_link();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net_link");
    TCase *tests = tcase_create("net_link");

    tcase_add_test(tests, a_clear_network_delivers_at_once);
    tcase_add_test(tests, what_is_held_arrives_with_the_time_it_was_due);
    tcase_add_test(tests, the_delay_counts_from_the_stamp);
    tcase_add_test(tests, order_is_kept_whatever_waits_for_the_tick);
    tcase_add_test(tests, who_is_held_back_is_overtaken);
    tcase_add_test(tests, a_duplicate_is_a_copy);
    tcase_add_test(tests, everything_that_enters_is_accounted_for);
    tcase_add_test(tests, without_room_it_is_refused_and_counted);
    tcase_add_test(tests, an_answer_waits_for_its_turn);
    tcase_add_test(tests, a_change_holds_for_what_comes);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
