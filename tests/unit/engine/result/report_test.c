/* report.c and what it is made of: plots, theme, gnuplot, pages. */
#include "engine/result/report.h"

#include <sys/wait.h>

#include "engine/result/gnuplot.h"
#include "engine/result/percentile_listing.h"
#include "engine/result/plot_theme.h"
#include "sample_run.h"
#include "temporary_folder.h"

static const struct sample_settings settings = {
    .kind = SAMPLE_FAILED, .shards = 2, .seconds = 10, .sessions = 24, .seed = 3};

static bool have_gnuplot(void)
{
    return system("gnuplot --version >/dev/null 2>&1") == 0;
}

START_TEST(the_page_says_it_all)
{
    struct failure failure = {0};
    char folder[512];
    snprintf(folder, sizeof folder, "%s", temporary_path("run"));
    ck_assert_int_eq(sample_run_write(&settings, folder), EXIT_CODE_CONFORMANCE);
    enum status status = report_write(folder, &failure);
    ck_assert_msg(status == STATUS_OK, "%s", failure.message);
    char *page = read_text(temporary_path("run/report.html"));
    static const char *const wanted[] = {"<!doctype html>",
                                         "<header class=\"verdict failed\">",
                                         "exit code 1",
                                         "Tele-triage: a nurse sorts, a doctor takes over",
                                         "sessions.failed.ratio==0",
                                         "nurse n2 &amp; &lt;doctor&gt;",
                                         "id=\"ledger\"",
                                         "id=\"worst\"",
                                         "id=\"roles\"",
                                         "triage nurse",
                                         "WA-18",
                                         "@media print",
                                         "prefers-color-scheme:dark",
                                         "</html>"};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        ck_assert_msg(strstr(page, wanted[i]) != NULL, "%s is missing", wanted[i]);
    }
    ck_assert_ptr_null(strstr(page, "<doctor>"));
    ck_assert_ptr_null(strstr(page, "http://www.w3.org/1999/xlink")); /* self-contained, inline */
    ck_assert_ptr_null(strstr(page, "src="));
    if (have_gnuplot()) {
        ck_assert_ptr_nonnull(strstr(page, "var(--plot-blue)"));
        ck_assert_ptr_null(strstr(page, "No drawing"));
        ck_assert(exists(temporary_path("run/plots/timeline.svg")));
    }
    ck_assert(exists(temporary_path("run/plots/join.csv")));
    ck_assert(exists(temporary_path("run/plots/percentiles.gp")));
    free(page);
    ck_assert_int_eq(report_write(folder, &failure), STATUS_OK); /* again, over the old one */
}
END_TEST

START_TEST(without_gnuplot_it_is_a_report_without_drawings)
{
    struct failure failure = {0};
    char path[4096];
    const char *before = getenv("PATH");
    snprintf(path, sizeof path, "%s", before != NULL ? before : "");
    char folder[512];
    snprintf(folder, sizeof folder, "%s", temporary_path("run"));
    sample_run_write(&settings, folder);
    setenv("PATH", temporary_folder, 1);
    enum status status = report_write(folder, &failure);
    setenv("PATH", path, 1);
    ck_assert_msg(status == STATUS_OK, "%s", failure.message);
    char *page = read_text(temporary_path("run/report.html"));
    ck_assert_ptr_nonnull(strstr(page, "No drawing: gnuplot is not installed"));
    ck_assert_ptr_nonnull(strstr(page, "id=\"ledger\""));
    free(page);
}
END_TEST

START_TEST(gnuplots_complaint_is_passed_on)
{
    struct failure failure = {0};
    if (!have_gnuplot()) {
        return;
    }
    write_text(temporary_path("bad.gp"), "plot 'absent.csv'\n");
    ck_assert_int_eq(gnuplot_run(temporary_folder, "bad.gp", &failure), STATUS_INVALID);
    ck_assert_msg(strstr(failure.message, "bad.gp") != NULL, "%s", failure.message);
    write_text(temporary_path("good.gp"), "print 1\n");
    ck_assert_int_eq(gnuplot_run(temporary_folder, "good.gp", &failure), STATUS_OK);
}
END_TEST

static const struct {
    const char *file, *text;
    enum status status;
} damages[] = {
    {"run.json", NULL, STATUS_NOT_FOUND},
    {"summary.json", NULL, STATUS_NOT_FOUND},
    {"timeline.csv", NULL, STATUS_NOT_FOUND},
    {"summary.json", "{\"schema\":\"caseload/summary/99\"}", STATUS_MALFORMED},
    {"summary.json", "{", STATUS_MALFORMED},
    {"checks.jsonl", "{}\nnot json\n", STATUS_MALFORMED},
    {"sessions.jsonl", "[1]\n", STATUS_MALFORMED},
    {"timeline.csv", "", STATUS_MALFORMED},
    {"timeline.csv", "second,running\n1,2\n", STATUS_MALFORMED},
    {"histograms/frame.latency.json", "{\"total\":{}}", STATUS_MALFORMED},
};

START_TEST(a_folder_that_is_no_run_is_named)
{
    struct failure failure = {0};
    char file[256];
    sample_run_write(&settings, temporary_path("run"));
    snprintf(file, sizeof file, "run/%s", damages[_i].file);
    if (damages[_i].text == NULL) {
        unlink(temporary_path(file));
    } else {
        write_text(temporary_path(file), damages[_i].text);
    }
    ck_assert_int_eq(report_write(temporary_path("run"), &failure), damages[_i].status);
    ck_assert_msg(strstr(failure.message, damages[_i].file) != NULL, "%s", failure.message);
    ck_assert(!exists(temporary_path("run/report.html")));
}
END_TEST

/* Whatever the documents lack, the page is written: members are read leniently. */
START_TEST(empty_documents_make_a_page)
{
    struct failure failure = {0};
    mkdir(temporary_path("plots"), 0777);
    write_text(temporary_path("run.json"), "{\"schema\":\"caseload/run/1\"}");
    write_text(temporary_path("summary.json"),
               "{\"schema\":\"caseload/summary/1\",\"metrics\":{\"m.signin\":7,\"x\":{\"by\":"
               "[]}},\"thresholds\":[3],\"ledger\":[null],\"reasons\":{}}");
    write_text(temporary_path("checks.jsonl"), "{\"kind\":\"requirement\",\"counts\":[]}\n");
    write_text(temporary_path("sessions.jsonl"), "{\"plan\":[1,{\"a\":null}],\"ended_us\":7}\n");
    write_text(temporary_path("timeline.csv"),
               "second,offered,running,participants,bits_sent,bits_received,frame_latency_p50_us,"
               "frame_latency_p95_us,frame_latency_p99_us,generator_cpu,generator_cpu_max,"
               "target_cpu\n");
    enum status status = report_write(temporary_folder, &failure);
    ck_assert_msg(status == STATUS_OK, "%s", failure.message);
    ck_assert(exists(temporary_path("report.html")));
}
END_TEST

START_TEST(colours_become_variables)
{
    struct buffer out;
    buffer_init(&out, 4096);
    plot_theme_inline("<?xml?><svg viewBox=\"0 0 960 300\" xmlns=\"x\"><title>t</title><defs><a/>"
                      "</defs><g id=\"q\" stroke=\"rgb(  0, 114, 178)\" fill=\"rgb(1, 2, 3)\" "
                      "font-family=\"f\"/></svg>",
                      "a <label>", &out);
    ck_assert_str_eq(buffer_string(&out),
                     "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 960 300\" "
                     "font-family=\"system-ui, sans-serif\" role=\"img\" aria-label=\"a &lt;label"
                     "&gt;\"><g stroke=\"var(--plot-blue)\" fill=\"rgb(1, 2, 3)\"/></svg>");
    buffer_clear(&out);
    plot_theme_inline("no drawing at all", "x", &out);
    ck_assert_uint_eq(out.size, 0);
    plot_theme_standalone("<svg viewBox=\"0 0 1 2\"><g/></svg>", "x", &out);
    ck_assert_ptr_nonnull(strstr(buffer_string(&out), "prefers-color-scheme:dark"));
    ck_assert_ptr_nonnull(strstr(buffer_string(&out), "--plot-blue:#0072b2"));
    buffer_finish(&out);
}
END_TEST

START_TEST(percentiles_are_listed_as_hdrhistogram_does)
{
    struct histogram histogram = {0};
    for (int64_t i = 1; i <= 100; i++) {
        histogram_record(&histogram, i * 1000);
    }
    FILE *stream = fopen(temporary_path("x.hgrm"), "wb");
    percentile_listing_write(&histogram, 1000, stream);
    fclose(stream);
    char *text = read_text(temporary_path("x.hgrm"));
    ck_assert_ptr_nonnull(strstr(text, "       Value     Percentile TotalCount 1/(1-Percentile)"));
    ck_assert_ptr_nonnull(strstr(text, "1.000 0.000000000000          1           1.00"));
    ck_assert_ptr_nonnull(strstr(text, "0.500000000000         50           2.00"));
    ck_assert_ptr_nonnull(strstr(text, "100.000 1.000000000000        100\n"));
    ck_assert_ptr_nonnull(strstr(text, "#[Mean    =       50.500, StdDeviation   =       28.8"));
    ck_assert_ptr_nonnull(strstr(text, "Total count    =          100]"));
    free(text);
    histogram_finish(&histogram);
    stream = fopen(temporary_path("y.hgrm"), "wb");
    percentile_listing_write(&histogram, 1000, stream); /* empty */
    fclose(stream);
    text = read_text(temporary_path("y.hgrm"));
    ck_assert_ptr_nonnull(strstr(text, "Total count    =            0]"));
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report");
    TCase *cases = tcase_create("report");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, make_temporary_folder, remove_temporary_folder);
    tcase_add_test(cases, the_page_says_it_all);
    tcase_add_test(cases, without_gnuplot_it_is_a_report_without_drawings);
    tcase_add_test(cases, gnuplots_complaint_is_passed_on);
    tcase_add_loop_test(cases, a_folder_that_is_no_run_is_named, 0,
                        (int)(sizeof damages / sizeof damages[0]));
    tcase_add_test(cases, empty_documents_make_a_page);
    tcase_add_test(cases, colours_become_variables);
    tcase_add_test(cases, percentiles_are_listed_as_hdrhistogram_does);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
