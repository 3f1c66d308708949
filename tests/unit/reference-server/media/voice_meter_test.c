#include "reference-server/media/voice_meter.h"

#include <check.h>
#include <stdlib.h>

START_TEST(loudness_is_the_mean_of_what_came)
{
    struct voice_meter *meter = voice_meter_create();
    ck_assert_ptr_nonnull(meter);
    ck_assert_uint_eq(voice_meter_take(meter), 0); /* nothing came: silence */
    voice_meter_note(meter, 27);
    voice_meter_note(meter, 47);
    ck_assert_uint_eq(voice_meter_take(meter), 90);
    ck_assert_uint_eq(voice_meter_take(meter), 0);
    voice_meter_note(meter, 0);
    ck_assert_uint_eq(voice_meter_take(meter), 127);
    voice_meter_note(meter, 127);
    voice_meter_note(meter, 255); /* seven bits on the wire; nobody else's word is taken for more */
    ck_assert_uint_eq(voice_meter_take(meter), 0);
    voice_meter_release(meter);
}
END_TEST

START_TEST(the_last_holder_frees_it)
{
    struct voice_meter *meter = voice_meter_create();
    struct voice_meter *other = voice_meter_share(meter);
    voice_meter_release(meter);
    voice_meter_note(other, 100);
    ck_assert_uint_eq(voice_meter_take(other), 27);
    voice_meter_release(other);
    voice_meter_release(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reference-server/media/voice_meter");
    TCase *cases = tcase_create("voice_meter");
    tcase_add_test(cases, loudness_is_the_mean_of_what_came);
    tcase_add_test(cases, the_last_holder_frees_it);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
