#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/capacity/capacity_report.h"
#include "engine/capacity/knee.h"
#include "engine/capacity/search.h"

#define PANEL_HEIGHT 190
#define USL_HEIGHT 330

/* One line of capacity.csv; NAN: unknown. */
struct row {
    double load, goodput, generator, target, limit, p50, p95, p99, frame_p99, freeze, outcome;
    double packets, drops; /* at the target, per second */
};

struct table {
    size_t count;
    struct row rows[SEARCH_TRIALS_MAX];
    bool media; /* goodput is Mbit/s of media; else completed sessions a minute */
};

static double number(const json_t *object, const char *path)
{
    const json_t *value = report_get(object, path);

    return json_is_number(value) ? json_number_value(value) : NAN;
}

static double outcome_code(const char *outcome)
{
    switch (trial_outcome_by_word(outcome)) {
    case TRIAL_PASSED:
        return 1;
    case TRIAL_FAILED:
        return 0;
    case TRIAL_UNFIT:
    case TRIAL_PARTIAL:
        return -1;
    default:
        return 2;
    }
}

static void read_row(const json_t *step, bool media, struct row *row)
{
    const json_t *hold = json_object_get(step, "hold");

    *row = (struct row){
        .load = number(step, "planned_at_once"),
        .goodput = media ? number(hold, "goodput_bps") / 1e6 : number(hold, "completed_per_s") * 60,
        .generator = number(hold, "generator.cpu_mean"),
        .target = number(hold, "target.cpu_mean"),
        .limit = number(hold, "target.cpu_limit"),
        .p50 = number(hold, "join_us.p50") / 1000,
        .p95 = number(hold, "join_us.p95") / 1000,
        .p99 = number(hold, "join_us.p99") / 1000,
        .frame_p99 = number(hold, "frame_latency_us.p99") / 1000,
        .freeze = number(hold, "freeze_ratio") * 100,
        .outcome = outcome_code(report_text(step, "outcome")),
        .packets = number(hold, "target.packets_per_s"),
        .drops = number(hold, "target.drops_per_s"),
    };
}

static int by_load(const void *a, const void *b)
{
    const struct row *left = a, *right = b;

    return (left->load > right->load) - (left->load < right->load);
}

/* Steps that were held, in rising order. */
static void read_table(const json_t *capacity, struct table *table)
{
    const json_t *steps = json_object_get(capacity, "steps"), *step;
    size_t index;

    *table = (struct table){.media = strcmp(report_text(capacity, "media.mode"), "none") != 0};
    json_array_foreach(steps, index, step)
    {
        if (table->count < SEARCH_TRIALS_MAX && json_is_object(json_object_get(step, "hold")))
            read_row(step, table->media, &table->rows[table->count++]);
    }
    qsort(table->rows, table->count, sizeof *table->rows, by_load);
}

static void write_cell(FILE *stream, double value)
{
    if (isnan(value))
        fputc(',', stream);
    else
        fprintf(stream, ",%.6g", value);
}

static enum status write_csv(const struct table *table, const char *folder, struct failure *failure)
{
    struct result_file file;
    enum status status = result_file_open(&file, failure, folder, "capacity.csv");

    if (status != STATUS_OK)
        return status;
    fprintf(file.stream,
            "sessions_at_once,%s,generator_cores,target_cores,target_cores_limit,join_p50_ms,"
            "join_p95_ms,join_p99_ms,frame_p99_ms,freeze_percent,outcome,target_packets_per_s,"
            "target_drops_per_s\n",
            table->media ? "goodput_mbps" : "completed_per_minute");
    for (size_t i = 0; i < table->count; i++) {
        const struct row *row = &table->rows[i];
        fprintf(file.stream, "%.6g", row->load);
        write_cell(file.stream, row->goodput);
        write_cell(file.stream, row->generator);
        write_cell(file.stream, row->target);
        write_cell(file.stream, row->limit);
        write_cell(file.stream, row->p50);
        write_cell(file.stream, row->p95);
        write_cell(file.stream, row->p99);
        write_cell(file.stream, row->frame_p99);
        write_cell(file.stream, row->freeze);
        write_cell(file.stream, row->outcome);
        write_cell(file.stream, row->packets);
        write_cell(file.stream, row->drops);
        fputc('\n', file.stream);
    }
    return result_file_commit(&file, failure);
}

/* ---- the panels ---- */

/* Points show how a hold ended:
 * filled when it passed, hollow when it failed, a cross when it says nothing of the target. Lines
 * run through the mean of a load's holds. */
static const char panel_head[] = "set lmargin 9\n"
                                 "set rmargin 3\n"
                                 "set style circle radius graph 0.0055\n"
                                 "stats 'capacity.csv' using 1 skip 1 nooutput\n"
                                 "right = STATS_max * 1.06\n"
                                 "set xrange [0:right]\n"
                                 "set key horizontal right at graph 1, graph 1.24\n"
                                 "set format x ''\n";

/* One column of the table, by its place in a row and in the file. */
struct curve {
    const char *title;
    unsigned column;
    size_t offset;
    bool line_only; /* no points: not measured but given */
};

#define CURVES_MAX 4

struct panel {
    const char *label;
    bool logarithmic;
    struct curve curves[CURVES_MAX]; /* up to the first without a column */
};

#define CURVE(title, column, member)                                                               \
    {                                                                                              \
        title, column, offsetof(struct row, member), false                                         \
    }

static const struct panel panels[] = {
    {"media, Mbit/s", false, {CURVE("", 2, goodput)}},
    {"cores",
     false,
     {CURVE("generator", 3, generator),
      CURVE("target", 4, target),
      {"its limit", 5, offsetof(struct row, limit), true}}},
    {"packets/s", false, {CURVE("at the target", 12, packets)}},
    {"dropped/s", false, {CURVE("at the target", 13, drops)}},
    {"join, ms",
     true,
     {CURVE("p50", 6, p50), CURVE("p95", 7, p95), CURVE("p99", 8, p99),
      CURVE("frame p99", 9, frame_p99)}},
    {"frozen, %", false, {CURVE("", 10, freeze)}},
};
#define PANELS (sizeof panels / sizeof *panels)

/* False: no step knows it. */
static bool highest(const struct table *table, const struct curve *curve, double *most)
{
    bool known = false;

    for (size_t i = 0; i < table->count && curve->column > 0; i++) {
        double value = *(const double *)((const char *)&table->rows[i] + curve->offset);
        if (isnan(value))
            continue;
        known = true;
        *most = fmax(*most, value);
    }
    return known;
}

static bool is_known(const struct table *table, const struct panel *panel, double *ret_most)
{
    bool known = false;

    *ret_most = 0;
    for (unsigned i = 0; i < CURVES_MAX; i++)
        known |= highest(table, &panel->curves[i], ret_most);
    return known;
}

static unsigned count_panels(const struct table *table)
{
    unsigned count = 0;
    double most;

    for (size_t i = 0; i < PANELS; i++)
        count += is_known(table, &panels[i], &most);
    return count;
}

static void write_curve(FILE *stream, const struct curve *curve, unsigned look)
{
    static const struct {
        const char *colour, *dashes;
    } looks[] = {{"blue", "1"}, {"orange", "(12,4)"}, {"purple", "(3,3)"}, {"green", "(8,3,2,3)"}};
    const char *colour = looks[look].colour;
    unsigned column = curve->column;

    fprintf(stream,
            "  'capacity.csv' skip 1 using 1:%u smooth unique with lines linewidth 1.6 linecolor "
            "rgb %s dashtype %s title '%s'",
            column, colour, looks[look].dashes, curve->title);
    if (curve->line_only)
        return;
    fprintf(stream,
            ", \\\n  '' skip 1 using 1:($11==1 ? $%u : NaN) with circles fillstyle solid 1 "
            "noborder linecolor rgb %s notitle",
            column, colour);
    fprintf(stream,
            ", \\\n  '' skip 1 using 1:($11==0 || $11==2 ? $%u : NaN) with circles fillstyle "
            "empty linecolor rgb %s notitle",
            column, colour);
    fprintf(
        stream,
        ", \\\n  '' skip 1 using 1:($11==-1 ? $%u : NaN):(\"×\") with labels font ',16' textcolor "
        "rgb %s notitle",
        column, colour);
}

static void write_curves(FILE *stream, const struct table *table, const struct panel *panel)
{
    double most = 0;
    bool first = true;

    fputs("plot \\\n", stream);
    for (unsigned i = 0; i < CURVES_MAX; i++) {
        if (!highest(table, &panel->curves[i], &most))
            continue;
        fputs(first ? "" : ", \\\n", stream);
        write_curve(stream, &panel->curves[i], i);
        first = false;
    }
    fputc('\n', stream);
}

static void write_panel(FILE *stream, const struct table *table, const struct panel *panel,
                        double top)
{
    const char *label = panel == panels && !table->media ? "sessions a minute" : panel->label;

    fprintf(stream, "set ylabel '%s' textcolor rgb ink offset 1,0\n", label);
    if (panel->logarithmic && top > 0)
        fprintf(stream, "set logscale y\nset yrange [*:*]\nset ytics auto\nset format y '%%g'\n");
    else
        fprintf(stream, "unset logscale y\nset yrange [0:%.6g]\nset ytics nice(%.6g / 3.0)\n",
                top > 0 ? top * 1.15 : 1, top > 0 ? top : 1);
    write_curves(stream, table, panel);
}

/* What passes is shaded; where it ends and where the latency bends are lines. */
static void write_marks(FILE *stream, const json_t *capacity, const struct table *table,
                        double knee)
{
    double scale = 1, passed = number(capacity, "interval.passed");
    double failed = number(capacity, "interval.failed");

    if (strcmp(report_text(capacity, "plan.by"), "rate") == 0)
        scale = number(capacity, "plan.session_us") / 60e6;
    if (!isnan(passed) && table->count > 0)
        fprintf(stream,
                "set object 1 rectangle from first 0, graph 0 to first %.6g, graph 1 behind "
                "fillcolor rgb green fillstyle transparent solid 0.12 noborder\n",
                passed * scale);
    if (!isnan(failed))
        fprintf(stream,
                "set arrow 1 from first %.6g, graph 0 to first %.6g, graph 1 nohead linecolor rgb "
                "orange linewidth 1.4\n",
                failed * scale, failed * scale);
    if (knee > 0)
        fprintf(stream,
                "set arrow 2 from first %.6g, graph 0 to first %.6g, graph 1 nohead linecolor rgb "
                "purple linewidth 1.4 dashtype (2,3)\n",
                knee, knee);
}

static void write_labels(FILE *stream, const json_t *capacity, double knee)
{
    if (!isnan(number(capacity, "interval.passed")))
        fputs("set label 1 'passes' at graph 0.008, graph 0.90 left textcolor rgb green\n", stream);
    if (!isnan(number(capacity, "interval.failed")))
        fprintf(stream,
                "set label 2 '%s' at first %.6g, graph 0.90 right offset -0.6,0 textcolor rgb "
                "orange\n",
                report_flag(capacity, "interval.failed_is_generator") ? "generator" : "breaks",
                number(capacity, "interval.failed") *
                    (strcmp(report_text(capacity, "plan.by"), "rate") == 0
                         ? number(capacity, "plan.session_us") / 60e6
                         : 1));
    if (knee > 0)
        fprintf(stream,
                "set label 3 'knee' at first %.6g, graph 0.74 right offset -0.6,0 textcolor rgb "
                "purple\n",
                knee);
}

static void write_panels(FILE *stream, const json_t *capacity, const struct table *table,
                         double knee)
{
    unsigned count = count_panels(table), drawn = 0;
    double top;

    fputs(panel_head, stream);
    fprintf(stream,
            "set multiplot layout %u,1 spacing 0,%.4f margins char 9, char 3, char 3.4, char 2\n",
            count, 0.3 / count);
    write_marks(stream, capacity, table, knee);
    write_labels(stream, capacity, knee);
    for (size_t i = 0; i < PANELS; i++) {
        if (!is_known(table, &panels[i], &top))
            continue;
        if (++drawn == count)
            fputs("set format x\nset xlabel 'sessions at once' textcolor rgb ink\n", stream);
        write_panel(stream, table, &panels[i], top);
        fputs("unset label\n", stream);
    }
    fputs("unset multiplot\n", stream);
}

static enum status draw_panels(const json_t *capacity, const struct table *table,
                               const char *folder, struct capacity_plots *plots,
                               struct failure *failure)
{
    struct result_file file;
    unsigned height = count_panels(table) * PANEL_HEIGHT;
    enum status status = plot_script_open(&file, folder, &plots->panels, height, failure);

    if (status != STATUS_OK)
        return status;
    write_panels(file.stream, capacity, table, plots->knee);
    if ((status = result_file_commit(&file, failure)) != STATUS_OK)
        return status;
    if (table->count < 2) {
        snprintf(plots->panels.why, sizeof plots->panels.why, "fewer than two steps were held");
        return STATUS_OK;
    }
    return plot_draw(folder, &plots->panels, failure);
}

/* ---- the scaling law ---- */

/* X(N) = gamma N / (1 + alpha (N-1) + beta N (N-1)): alpha is what waits in line, beta what waits
 * for each other. The generator's bad seconds are no data. */
static const char usl_script[] =
    "set lmargin 9\n"
    "set rmargin 3\n"
    "set style circle radius graph 0.006\n"
    "stats 'usl.csv' using 1:2 skip 1 nooutput\n"
    "most = STATS_max_x\n"
    "X(n) = gamma * n / (1 + alpha * (n - 1) + beta * n * (n - 1))\n"
    "gamma = STATS_sumxy / STATS_sumsq_x\n"
    "alpha = 0.001\n"
    "beta = 0.00001\n"
    "set fit quiet logfile '/dev/null' errorvariables limit 1e-9 maxiter 500\n"
    "fit X(x) 'usl.csv' using 1:2 skip 1 via gamma, alpha, beta\n"
    "set print 'usl.txt'\n"
    "print gamma, gamma_err, alpha, alpha_err, beta, beta_err\n"
    "set print\n"
    "set xrange [0:1.5 * most]\n"
    "set yrange [0:*]\n"
    "set xlabel 'sessions at once' textcolor rgb ink\n"
    "set ylabel unit textcolor rgb ink offset 1,0\n"
    "set key outside top right horizontal\n"
    "set samples 200\n"
    "plot [0:1.5 * most] gamma * x with lines linewidth 1 linecolor rgb '#6b7280' dashtype (3,3) "
    "title 'linear', \\\n"
    "  x <= most ? X(x) : NaN with lines linewidth 1.8 linecolor rgb blue title 'fitted', \\\n"
    "  x >= most ? X(x) : NaN with lines linewidth 1.4 linecolor rgb blue dashtype (6,4) notitle, "
    "\\\n"
    "  'usl.csv' skip 1 using 1:2 with circles fillstyle solid 1 noborder linecolor rgb orange "
    "title 'measured'\n";

static size_t usl_points(const struct table *table, struct knee_point *points)
{
    size_t count = 0;

    for (size_t i = 0; i < table->count; i++)
        if (table->rows[i].outcome >= 0 && table->rows[i].goodput > 0)
            points[count++] = (struct knee_point){table->rows[i].load, table->rows[i].goodput};
    return knee_points_tidy(points, count);
}

static enum status write_usl_csv(const struct knee_point *points, size_t count, bool media,
                                 const char *folder, struct failure *failure)
{
    struct result_file file;
    enum status status = result_file_open(&file, failure, folder, "usl.csv");

    if (status != STATUS_OK)
        return status;
    fprintf(file.stream, "sessions_at_once,%s\n", media ? "goodput_mbps" : "completed_per_minute");
    for (size_t i = 0; i < count; i++)
        fprintf(file.stream, "%.6g,%.6g\n", points[i].load, points[i].value);
    return result_file_commit(&file, failure);
}

static void read_fit(const char *folder, double most, struct usl_fit *fit)
{
    char *text = NULL;
    size_t size;
    struct failure failure;

    if (result_file_read(folder, "usl.txt", 1000, &text, &size, &failure) != STATUS_OK ||
        sscanf(text, "%lf %lf %lf %lf %lf %lf", &fit->gamma, &fit->gamma_error, &fit->alpha,
               &fit->alpha_error, &fit->beta, &fit->beta_error) != 6 ||
        !isfinite(fit->gamma + fit->alpha + fit->beta)) {
        snprintf(fit->why, sizeof fit->why, "the fit did not converge");
    } else {
        double peak = fit->beta > 0 && fit->alpha < 1 ? sqrt((1 - fit->alpha) / fit->beta) : 0;
        fit->fitted = true;
        fit->peak = peak <= USL_BEYOND_MAX * most ? peak : 0;
    }
    free(text);
}

static enum status draw_usl(const struct table *table, const char *folder,
                            struct capacity_plots *plots, struct failure *failure)
{
    struct knee_point points[SEARCH_TRIALS_MAX];
    size_t count = usl_points(table, points);
    struct result_file file;
    enum status status = write_usl_csv(points, count, table->media, folder, failure);

    if (status == STATUS_OK)
        status = plot_script_open(&file, folder, &plots->usl, USL_HEIGHT, failure);
    if (status != STATUS_OK)
        return status;
    fprintf(file.stream, "unit = '%s'\n", table->media ? "media, Mbit/s" : "sessions a minute");
    fputs(usl_script, file.stream);
    if ((status = result_file_commit(&file, failure)) != STATUS_OK)
        return status;
    if (count < USL_POINTS_MIN) {
        snprintf(plots->fit.why, sizeof plots->fit.why,
                 "%zu different loads were measured, a fit needs %d", count, USL_POINTS_MIN);
        snprintf(plots->usl.why, sizeof plots->usl.why, "%s", plots->fit.why);
        return STATUS_OK;
    }
    status = plot_draw(folder, &plots->usl, failure);
    if (status == STATUS_OK)
        read_fit(folder, points[count - 1].load, &plots->fit);
    return status;
}

/* ---- both ---- */

static double find_knee(const struct table *table)
{
    struct knee_point points[SEARCH_TRIALS_MAX];
    size_t count = 0;
    double load = 0;

    for (size_t i = 0; i < table->count; i++)
        if (table->rows[i].outcome >= 0 && !isnan(table->rows[i].p95))
            points[count++] = (struct knee_point){table->rows[i].load, table->rows[i].p95};
    count = knee_points_tidy(points, count);
    return knee_find(points, count, &load) ? load : 0;
}

enum status capacity_plots_make(const json_t *capacity, const char *folder,
                                struct capacity_plots *ret_plots, struct failure *failure)
{
    char path[RESULT_PATH_SIZE];
    struct table table;
    enum status status;

    *ret_plots = (struct capacity_plots){0};
    plot_init(
        &ret_plots->panels, "capacity", "What happens as the load rises",
        "A point per hold: filled where it passed, hollow where it did not, a cross where the "
        "generator was not fit or a part of the load was missing; lines run through the mean "
        "of a load's holds. Shaded: the "
        "loads that pass. Latency and processor count only what lies in the hold.");
    plot_init(&ret_plots->usl, "usl", "Universal Scalability Law",
              "The curve behind the largest load, up to 1.5 times of it, is dashed; nothing is "
              "said beyond.");
    snprintf(path, sizeof path, "%s/plots", folder);
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return result_file_fail(failure, "make", path);
    read_table(capacity, &table);
    ret_plots->knee = find_knee(&table);
    status = write_csv(&table, path, failure);
    if (status == STATUS_OK)
        status = draw_panels(capacity, &table, path, ret_plots, failure);
    return status == STATUS_OK ? draw_usl(&table, path, ret_plots, failure) : status;
}

void capacity_plots_finish(struct capacity_plots *plots)
{
    buffer_finish(&plots->panels.svg);
    buffer_finish(&plots->usl.svg);
}
