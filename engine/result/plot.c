#include "engine/result/plot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/result/gnuplot.h"
#include "engine/result/plot_data.h"
#include "engine/result/plot_theme.h"
#include "engine/result/result_file.h"

#define SVG_LIMIT_BYTES ((size_t)4 * 1024 * 1024)

/* Each script begins with this: a planner restyles the copy in plots/ and runs gnuplot there. */
static const char prelude[] =
    "set terminal svg size 960,%d dynamic noenhanced font 'sans-serif,13' linewidth 1.4 name '%s'\n"
    "set output '%s.svg'\n"
    "set encoding utf8\n"
    "set datafile separator ','\n"
    "set datafile missing ''\n"
    "set border 3 linecolor rgb '#6b7280'\n"
    "set tics nomirror textcolor rgb '#4b5563' scale 0.4\n"
    "set grid ytics linecolor rgb '#d7dbe0' linetype 1 linewidth 0.5\n"
    "set key textcolor rgb '#4b5563' samplen 2 spacing 1.1\n"
    "blue = '#0072b2'; orange = '#d55e00'; green = '#009e73'; purple = '#aa4499'\n"
    "ink = '#4b5563'\n"
    /* Steps of 1, 2 or 5; room above the highest value; three digits. */
    "nice(x) = x <= 0 ? 1 : (m = 10**floor(log10(x)), x/m <= 1 ? m : x/m <= 2 ? 2*m : x/m <= 5 ? "
    "5*m "
    ": 10*m)\n"
    "top(x) = x > 0 ? x * 1.15 : 1\n"
    "larger(a, b) = a > b ? a : b\n"
    "short(x) = x < 10 ? gprintf('%%.1f', x) : gprintf('%%.0f', x)\n";

static const struct {
    const char *name, *title, *caption;
    int height;
    plot_data_fn *write_data;
    const char *script;
} definitions[PLOT_COUNT] = {
    [PLOT_JOIN] =
        {"join", "Where the time of a join goes",
         "Bars are medians, whiskers reach to p95. Connecting (blue) is a chain: each phase starts "
         "where the one before it ended. What follows a join (orange) counts from when it was due.",
         300, plot_data_join,
         "stats 'join.csv' using (column(3) + column(5)) skip 1 nooutput\n"
         "set yrange [STATS_records + 0.6:0.4]\n"
         "set xrange [0:STATS_max * 1.25]\n"
         "set xtics nice(STATS_max / 6)\n"
         "set xlabel 'milliseconds' textcolor rgb ink\n"
         "set grid noytics xtics\n"
         "unset key\n"
         "set lmargin 22\n"
         "set rmargin 2\n"
         "set style fill solid 0.85 noborder\n"
         "plot 'join.csv' skip 1 using ($6==1 ? $3+$4/2 : NaN):1:3:($3+$4):($1-0.28):($1+0.28)"
         ":ytic(2) with boxxyerror linecolor rgb blue, \\\n"
         "  '' skip 1 using ($6==0 ? $3+$4/2 : NaN):1:3:($3+$4):($1-0.28):($1+0.28)"
         " with boxxyerror linecolor rgb orange, \\\n"
         "  '' skip 1 using ($3+$4):1:($5-$4):(0) with vectors nohead linecolor rgb ink, \\\n"
         "  '' skip 1 using ($3+$5):($1-0.14):(0):(0.28) with vectors nohead linecolor rgb ink, "
         "\\\n"
         "  '' skip 1 using ($3+$5):1:('p50 '.short($4).', p95 '.short($5).' ms')"
         " with labels left offset 0.8,0 textcolor rgb ink\n"},
    [PLOT_PERCENTILES] =
        {"percentiles", "Latency by percentile",
         "Read: 99 % of all frames arrived within the value above \"99 %\". Frame and audio "
         "latency "
         "run from capture to arrival at the receiver; mouth to ear includes playout.",
         330, plot_data_percentiles,
         "known(column) = strlen(strcol(column)) > 0\n"
         "frame = 0; audio = 0; ear = 0\n"
         "stats 'percentiles.csv' using (frame = frame + known(3), audio = audio + known(4), ear = "
         "ear + known(5), $1) skip 1 nooutput\n"
         "set logscale xy 10\n"
         "set xrange [STATS_min:STATS_max * 1.15]\n"
         "set grid xtics\n"
         "set xtics ('50 %%' 2, '90 %%' 10, '99 %%' 100, '99.9 %%' 1000, '99.99 %%' 10000, "
         "'99.999 %%' 100000, '99.9999 %%' 1000000)\n"
         "set ylabel 'milliseconds' textcolor rgb ink\n"
         "set rmargin 5\n"
         "set key outside top right horizontal\n"
         "plot frame ? 'percentiles.csv' : '/dev/null' using 1:3 skip 1 with lines linewidth 2 "
         "linecolor rgb blue title frame ? 'video frame' : '', \\\n"
         "  audio ? 'percentiles.csv' : '/dev/null' using 1:4 skip 1 with lines linewidth 2 "
         "linecolor rgb orange dashtype (12,4) title audio ? 'audio packet' : '', \\\n"
         "  ear ? 'percentiles.csv' : '/dev/null' using 1:5 skip 1 with lines linewidth 2 "
         "linecolor "
         "rgb green dashtype (3,3) title ear ? 'mouth to ear' : ''\n"},
    [PLOT_TIMELINE] =
        {"timeline", "The run, second by second",
         "Sessions running; latency of the frames that arrived in each second; media bit rate of "
         "all "
         "participants together.",
         500, plot_data_timeline,
         "set lmargin 9\n"
         "set rmargin 3\n"
         "set key horizontal right at graph 1, graph 1.22\n"
         "stats 'timeline.csv' using 1 skip 1 nooutput\n"
         "set xrange [0:STATS_max > 0 ? STATS_max : 1]\n"
         "stats 'timeline.csv' using 2 skip 1 prefix 'A' nooutput\n"
         "p99 = 0\n"
         "stats 'timeline.csv' using (p99 = valid(6) && column(6) > p99 ? column(6) : p99, 0) skip "
         "1 "
         "nooutput\n"
         "stats 'timeline.csv' using 8 skip 1 prefix 'C' nooutput\n"
         "set multiplot layout 3,1 spacing 0,0.09 margins char 9, char 3, char 3.2, char 2\n"
         "set format x ''\n"
         "set yrange [0:top(A_max)]; set ytics nice(A_max / 3)\n"
         "set ylabel 'sessions' textcolor rgb ink offset 1,0\n"
         "plot 'timeline.csv' using 1:2 skip 1 with filledcurves y1=0 fillstyle transparent solid "
         "0.25 linecolor rgb blue notitle, \\\n"
         "  '' using 1:2 skip 1 with lines linewidth 1.6 linecolor rgb blue title 'running'\n"
         "set yrange [0:top(p99)]; set ytics nice(p99 / 3)\n"
         "set ylabel 'frame latency, ms' textcolor rgb ink offset 1,0\n"
         "plot 'timeline.csv' using 1:4 skip 1 with lines linewidth 1.6 linecolor rgb blue title "
         "'p50', \\\n"
         "  '' using 1:5 skip 1 with lines linewidth 1.6 linecolor rgb orange dashtype (12,4) "
         "title "
         "'p95', \\\n"
         "  '' using 1:6 skip 1 with lines linewidth 1.2 linecolor rgb purple dashtype (3,3) title "
         "'p99'\n"
         "set format x\n"
         "set yrange [0:top(C_max)]; set ytics nice(C_max / 3)\n"
         "set ylabel 'Mbit/s' textcolor rgb ink offset 1,0\n"
         "set xlabel 'seconds since the start' textcolor rgb ink\n"
         "plot 'timeline.csv' using 1:7 skip 1 with lines linewidth 1.6 linecolor rgb blue title "
         "'sent', \\\n"
         "  '' using 1:8 skip 1 with lines linewidth 1.6 linecolor rgb orange dashtype (12,4) "
         "title "
         "'received'\n"
         "unset multiplot\n"},
    [PLOT_LOAD] =
        {"load", "Participants and processor",
         "Processor time in cores: the whole generator, its busiest shard (90 % of a core is its "
         "limit), and the target where it can be seen.",
         370, plot_data_load,
         "set key horizontal right at graph 1, graph 1.22\n"
         "stats 'load.csv' using 1 skip 1 nooutput\n"
         "set xrange [0:STATS_max > 0 ? STATS_max : 1]\n"
         "stats 'load.csv' using 2 skip 1 prefix 'A' nooutput\n"
         "target = 0; cores = 0; shards = 0\n"
         "stats 'load.csv' using (cores = larger(cores, column(3)), cores = valid(5) ? "
         "larger(cores, "
         "column(5)) : cores, target = target + valid(5), shards = shards + (column(3) > column(4) "
         "+ 0.01), 0) skip 1 nooutput\n"
         "set multiplot layout 2,1 spacing 0,0.11 margins char 9, char 3, char 3.2, char 2\n"
         "set format x ''\n"
         "set yrange [0:top(A_max)]; set ytics nice(A_max / 3)\n"
         "set ylabel 'participants' textcolor rgb ink offset 1,0\n"
         "plot 'load.csv' using 1:2 skip 1 with filledcurves y1=0 fillstyle transparent solid 0.25 "
         "linecolor rgb blue notitle, \\\n"
         "  '' using 1:2 skip 1 with lines linewidth 1.6 linecolor rgb blue title 'at once'\n"
         "set format x\n"
         "set yrange [0:top(cores)]; set ytics nice(cores / 3)\n"
         "set ylabel 'cores' textcolor rgb ink offset 1,0\n"
         "set xlabel 'seconds since the start' textcolor rgb ink\n"
         "plot 'load.csv' using 1:3 skip 1 with lines linewidth 1.6 linecolor rgb blue title "
         "'generator', \\\n"
         "  shards ? 'load.csv' : '/dev/null' using 1:4 skip 1 with lines linewidth 1.2 linecolor "
         "rgb purple dashtype (3,3) title "
         "shards ? 'busiest shard' : '', \\\n"
         "  target ? 'load.csv' : '/dev/null' using 1:5 skip 1 with lines linewidth 1.6 linecolor "
         "rgb orange dashtype (12,4) title target ? 'target' : ''\n"
         "unset multiplot\n"},
};

enum status plot_script_open(struct result_file *file, const char *folder, const struct plot *plot,
                             int height, struct failure *failure)
{
    enum status status = result_file_open(file, failure, folder, "%s.gp", plot->name);
    if (status == STATUS_OK) {
        fprintf(file->stream, "# %s. Run: gnuplot %s.gp\n", plot->title, plot->name);
        fprintf(file->stream, prelude, height, plot->name, plot->name);
    }
    return status;
}

static enum status write_script(enum plot_id id, const char *folder, const struct plot *plot,
                                struct failure *failure)
{
    struct result_file file;
    enum status status = plot_script_open(&file, folder, plot, definitions[id].height, failure);
    if (status != STATUS_OK) {
        return status;
    }
    fputs(definitions[id].script, file.stream);
    return result_file_commit(&file, failure);
}

/* gnuplot's drawing becomes the themed file and the page's copy. */
static enum status take_drawing(const char *folder, struct plot *plot, struct failure *failure)
{
    char name[64], *svg = NULL;
    size_t size;
    struct result_file file;
    struct buffer standalone;
    snprintf(name, sizeof name, "%s.svg", plot->name);
    enum status status = result_file_read(folder, name, SVG_LIMIT_BYTES, &svg, &size, failure);
    if (status != STATUS_OK) {
        snprintf(plot->why, sizeof plot->why, "%s", failure->message);
        return STATUS_OK;
    }
    buffer_init(&standalone, 2 * SVG_LIMIT_BYTES);
    plot_theme_inline(svg, plot->title, &plot->svg);
    plot_theme_standalone(svg, plot->title, &standalone);
    free(svg);
    status = result_file_open(&file, failure, folder, "%s", name);
    if (status == STATUS_OK) {
        fwrite(buffer_string(&standalone), 1, standalone.size, file.stream);
        status = result_file_commit(&file, failure);
    }
    buffer_finish(&standalone);
    return status;
}

enum status plot_draw(const char *folder, struct plot *plot, struct failure *failure)
{
    char script[64];
    struct failure drawing = {0};
    snprintf(script, sizeof script, "%s.gp", plot->name);
    if (gnuplot_run(folder, script, &drawing) != STATUS_OK) {
        snprintf(plot->why, sizeof plot->why, "%s", drawing.message);
        return STATUS_OK;
    }
    return take_drawing(folder, plot, failure);
}

static enum status make_plot(const struct report_source *source, enum plot_id id,
                             const char *folder, struct plot *plot, struct failure *failure)
{
    size_t rows = 0;
    enum status status = definitions[id].write_data(source, folder, &rows, failure);
    if (status == STATUS_OK) {
        status = write_script(id, folder, plot, failure);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (rows < 2) {
        snprintf(plot->why, sizeof plot->why, "too little was measured to draw this");
        return STATUS_OK;
    }
    return plot_draw(folder, plot, failure);
}

void plot_init(struct plot *plot, const char *name, const char *title, const char *caption)
{
    *plot = (struct plot){.name = name, .title = title, .caption = caption};
    buffer_init(&plot->svg, 2 * SVG_LIMIT_BYTES);
}

enum status plot_set_make(const struct report_source *source, struct plot_set *ret_set,
                          struct failure *failure)
{
    char folder[RESULT_PATH_SIZE];
    snprintf(folder, sizeof folder, "%s/plots", source->folder);
    for (unsigned i = 0; i < PLOT_COUNT; i++) {
        struct plot *plot = &ret_set->plots[i];
        plot_init(plot, definitions[i].name, definitions[i].title, definitions[i].caption);
    }
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        return result_file_fail(failure, "make", folder);
    }
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < PLOT_COUNT && status == STATUS_OK; i++) {
        status = make_plot(source, (enum plot_id)i, folder, &ret_set->plots[i], failure);
    }
    return status;
}

void plot_set_finish(struct plot_set *set)
{
    for (unsigned i = 0; i < PLOT_COUNT; i++) {
        buffer_finish(&set->plots[i].svg);
    }
}
