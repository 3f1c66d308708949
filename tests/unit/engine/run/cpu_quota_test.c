#include "engine/run/cpu_quota.h"

#include <check.h>
#include <stdlib.h>

static const char version_1[] = "proc /proc proc rw 0 0\n"
                                "cgroup /sys/fs/cgroup/cpuset cgroup rw,cpuset 0 0\n"
                                "cgroup /sys/fs/cgroup/cpu cgroup rw,relatime,cpu,cpuacct 0 0\n"
                                "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n";
static const char version_2[] = "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n";

static char folder[300];
static bool is_2;

START_TEST(version_1_where_it_has_the_controller)
{
    ck_assert(cpu_quota_find(version_1, "3:cpuset:/a\n2:cpu,cpuacct:/box/7\n0::/\n", folder,
                             sizeof folder, &is_2));
    ck_assert_str_eq(folder, "/sys/fs/cgroup/cpu/box/7");
    ck_assert(!is_2);
    ck_assert(cpu_quota_find(version_1, "1:cpu:/\n", folder, sizeof folder, &is_2));
    ck_assert_str_eq(folder, "/sys/fs/cgroup/cpu");
    /* "cpuset" and "cpuacct" are other controllers */
    ck_assert(
        cpu_quota_find(version_1, "3:cpuset,cpuacct:/a\n0::/own\n", folder, sizeof folder, &is_2));
    ck_assert(is_2);
}
END_TEST

START_TEST(version_2_alone)
{
    ck_assert(cpu_quota_find(version_2, "0::/user.slice/x.scope", folder, sizeof folder, &is_2));
    ck_assert_str_eq(folder, "/sys/fs/cgroup/user.slice/x.scope");
    ck_assert(is_2);
}
END_TEST

START_TEST(nothing_to_be_found)
{
    ck_assert(!cpu_quota_find("", "", folder, sizeof folder, &is_2));
    ck_assert(!cpu_quota_find(version_2, "7:cpu:/a\n", folder, sizeof folder, &is_2));
    ck_assert(!cpu_quota_find("tmpfs /sys tmpfs rw 0 0", "0::/", folder, sizeof folder, &is_2));
    ck_assert(!cpu_quota_find(version_2, "0::/too/long", folder, 12, &is_2));
    ck_assert(!cpu_quota_find(version_2, "nonsense\n\n::\n", folder, sizeof folder, &is_2));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cpu_quota");
    TCase *cases = tcase_create("where");
    tcase_add_test(cases, version_1_where_it_has_the_controller);
    tcase_add_test(cases, version_2_alone);
    tcase_add_test(cases, nothing_to_be_found);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
