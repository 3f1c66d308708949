/* The commands of `caseload`, each a function from its arguments to an exit code (design: README,
 * "Exit codes"). One list: the dispatcher and --help read it. */
#ifndef CASELOAD_COMMAND_H
#define CASELOAD_COMMAND_H

/* X(name, function, summary) */
#define COMMAND_LIST(X)                                                                            \
    X("run", command_run, "run a story against a platform and judge it")                           \
    X("merge", command_merge, "make one run of shards that were started by hand")                  \
    X("capacity", command_capacity, "find the load at which an objective breaks")                  \
    X("conform", command_conform, "judge a platform by the requirements it must meet")             \
    X("report", command_report, "make report.html and the plots of a run folder again")            \
    X("script", command_script, "check a story, or trace one session of it")                       \
    X("doctor", command_doctor, "tell what this machine allows and what is in use")

/* Known from the design, not built yet: answered "not yet", exit 2. */
#define COMMAND_LATER_LIST(X)                                                                      \
    X("compare", "compare two runs")                                                               \
    X("baseline", "record or learn a baseline")                                                    \
    X("plan", "waiting-room arithmetic for capacity planners")                                     \
    X("target", "check or clean a target driver")

/* argv[0] is the command's name. Returns the exit code. */
#define X(name, function, summary) int function(int argc, char **argv);
COMMAND_LIST(X)
#undef X

#endif
