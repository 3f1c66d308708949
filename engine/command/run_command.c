/* caseload run STORY LOAD … */
#include "engine/command/command.h"
#include "engine/command/load_command.h"

static const char more[] =
    "STORY is the name of a shipped story (teletriage, one-to-one, check-in, mixed-clinic-day,\n"
    "storm-arrivals, storm-dashboards, storm-admissions) or a .lua file.\n"
    "Without --url a caseload-server is started for the run and stopped at its end.\n"
    "--sessions N keeps N sessions running; --rate R/s starts them at their times whatever the\n"
    "platform does; with both, N caps what runs at once and the overflow is counted as dropped.\n"
    "--arrivals: constant and poisson keep the rate; burst:SHARE,WINDOW,PERIOD puts a share of "
    "each\n"
    "period's starts into a window at its begin (burst:50%,5m,1h; shorter ones compress the "
    "hour);\n"
    "day:FILE.csv follows rows of time,per_hour (scenarios/clinic-day.csv), the busiest at --rate "
    "or\n"
    "as the file says. poisson+burst and poisson+day:FILE space by chance what else comes evenly.\n"
    "Longest wall time: 90 s more than --duration and the story's grace.\n"
    "Exit codes: 0 passed, 1 isolation or conformance failure, 2 usage or script error, 3 "
    "threshold\n"
    "failed, 4 inconclusive, 5 target unreachable, 6 internal, 7 less ran than planned, 9 target\n"
    "died, 130/143 interrupted.\n";

int command_run(int argc, char **argv)
{
    return load_command_execute(
        &(struct load_command){.name = "run",
                               .summary = "run a story against a platform and judge it",
                               .more = more,
                               .with_shape = true},
        argc, argv);
}
