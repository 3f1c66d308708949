#include "engine/network/net_profile.h"

#include <check.h>
#include <string.h>

static struct net_profile parsed(const char *text)
{
    struct net_profile profile;
    struct failure failure = {0};

    ck_assert_msg(net_profile_parse(text, &profile, &failure) == STATUS_OK, "%s: %s", text,
                  failure.message);
    return profile;
}

static bool clear(struct net_conditions conditions)
{
    return net_conditions_clear(&conditions);
}

static void refused(const char *text, const char *because)
{
    struct net_profile profile;
    struct failure failure = {0};

    ck_assert_msg(net_profile_parse(text, &profile, &failure) == STATUS_INVALID, "%s", text);
    ck_assert_msg(strstr(failure.message, because) != NULL, "%s: %s", text, failure.message);
}

START_TEST(every_named_profile_is_one)
{
    const struct net_profile_named *named;
    size_t count = 0;

    for (; (named = net_profile_named(count)) != NULL; count++) {
        struct net_profile profile = parsed(named->name);

        ck_assert_str_eq(profile.name, named->name);
        ck_assert_str_eq(profile.text, named->name);
        ck_assert_int_eq(profile.up.delay_us, named->up.delay_us);
        ck_assert_uint_eq(profile.down.rate_bps, named->down.rate_bps);
        /* Two numbers of ours aside, who uses a name must be able to look its numbers up. */
        ck_assert(named->source[0] || !strcmp(named->name, "none") ||
                  !strcmp(named->name, "offline"));
    }
    ck_assert_uint_ge(count, 10);
    refused("dial-up", "weak-mobile");
}
END_TEST

START_TEST(the_set_has_the_published_numbers)
{
    struct net_profile lossy = parsed("wifi-lossy"), satellite = parsed("satellite"),
                       mobile = parsed("weak-mobile");

    ck_assert_uint_eq(lossy.up.rate_bps, 30000000);
    ck_assert_int_eq(lossy.up.delay_us + lossy.down.delay_us, 40000);
    ck_assert_double_eq_tol(lossy.down.loss, 0.05, 1e-9);
    ck_assert_int_eq(satellite.up.delay_us + satellite.down.delay_us, 558000); /* RFC 2488 §2 */
    ck_assert_int_eq(mobile.up.jitter_us, 50000);
    ck_assert(clear(parsed("none").up));
    ck_assert(!clear(parsed("offline").down));
}
END_TEST

START_TEST(values_carry_units)
{
    struct net_profile p = parsed("delay=40ms,jitter=1.5ms,loss=1%,rate=2mbit/s,queue=200ms,"
                                  "burst=4,bad-loss=0.5,duplicate=0.1%,reorder=2%,lag=5ms");

    ck_assert_str_eq(p.name, "custom");
    ck_assert_int_eq(p.up.delay_us, 40000);
    ck_assert_int_eq(p.up.jitter_us, 1500);
    ck_assert_double_eq_tol(p.up.loss, 0.01, 1e-9);
    ck_assert_uint_eq(p.up.rate_bps, 2000000);
    ck_assert_int_eq(p.up.queue_us, 200000);
    ck_assert_double_eq_tol(p.up.burst, 4, 1e-9);
    ck_assert_double_eq_tol(p.up.bad_loss, 0.5, 1e-9);
    ck_assert_double_eq_tol(p.up.duplicate, 0.001, 1e-9);
    ck_assert_double_eq_tol(p.up.reorder, 0.02, 1e-9);
    ck_assert_int_eq(p.up.lag_us, 5000);
    ck_assert_mem_eq(&p.up, &p.down, sizeof p.up);
    ck_assert_uint_eq(parsed("rate=500kbit/s").down.rate_bps, 500000);
    ck_assert_uint_eq(parsed("rate=1Gbit/s").down.rate_bps, 1000000000);
}
END_TEST

START_TEST(directions_and_names_combine_in_order)
{
    struct net_profile p = parsed("dsl,loss=2%,up:weak-mobile,delay=1ms,down:rate=1mbit/s");

    ck_assert_str_eq(p.name, "custom");
    ck_assert_double_eq_tol(p.down.loss, 0.02, 1e-9);
    ck_assert_uint_eq(p.down.rate_bps, 1000000);
    ck_assert_int_eq(p.down.delay_us, 20000);
    ck_assert_uint_eq(p.up.rate_bps, 1200000);
    ck_assert_int_eq(p.up.delay_us, 1000);
    ck_assert_double_eq_tol(p.up.loss, 0.005, 1e-9);
    ck_assert(clear(parsed("up:delay=1ms").down));
    ck_assert_str_eq(parsed("up:dsl").name, "custom");
}
END_TEST

START_TEST(what_was_left_open_has_a_default)
{
    ck_assert_int_eq(parsed("rate=1mbit/s").up.queue_us, NET_QUEUE_DEFAULT_US);
    ck_assert_int_eq(parsed("reorder=1%").up.lag_us, NET_LAG_DEFAULT_US);
    ck_assert_double_eq_tol(parsed("loss=1%,burst=3").up.bad_loss, 1, 1e-9);
}
END_TEST

START_TEST(nonsense_is_refused_by_its_part)
{
    char much[NET_PROFILE_TEXT_SIZE + 20];

    refused("", "one of");
    refused("loss", "one of");
    refused("loss=101%", "loss=101%");
    refused("loss=-1%", "loss=-1%");
    refused("loss=nan", "loss=nan");
    refused("loss=5ms", "loss=5ms");
    refused("delay=40", "delay=40");
    refused("delay=11s", "0ms to 10s");
    refused("rate=1", "rate=1");
    refused("rate=1bit/s", "8kbit/s");
    refused("rate=1e12mbit/s", "10gbit/s");
    refused("speed=1mbit/s", "delay, jitter");
    refused("burst=0.5,loss=1%", "burst=0.5");
    refused("bad-loss=50%,loss=1%", "needs burst");
    refused("loss=60%,burst=4,bad-loss=50%", "less than");
    refused("loss=90%,burst=2", "longer bursts");
    refused("loss=100%,burst=2,bad-loss=50%", "less than");
    refused("dsl,,loss=1%", "one of");
    refused("sideways:dsl", "one of");
    memset(much, 'x', sizeof much);
    much[sizeof much - 1] = '\0';
    refused(much, "characters");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net_profile");
    TCase *tests = tcase_create("net_profile");

    tcase_add_test(tests, every_named_profile_is_one);
    tcase_add_test(tests, the_set_has_the_published_numbers);
    tcase_add_test(tests, values_carry_units);
    tcase_add_test(tests, directions_and_names_combine_in_order);
    tcase_add_test(tests, what_was_left_open_has_a_default);
    tcase_add_test(tests, nonsense_is_refused_by_its_part);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
