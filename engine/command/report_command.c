/* caseload report RUN_DIR */
#include <stdio.h>

#include "common/base/args.h"
#include "engine/capacity/capacity_report.h"
#include "engine/command/command.h"
#include "engine/conform/conformance_files.h"
#include "engine/measure/verdict.h"
#include "engine/result/report.h"

int command_report(int argc, char **argv)
{
    struct arg_command command = {
        .name = "report",
        .operands = "RUN_DIR",
        .summary =
            "make report.html, the plots and conformance.html of a run or capacity folder again",
        .more = "Reads only the folder's own files. Longest wall time: 2 minutes.\n"};
    struct failure failure = {0};
    const char *folder = NULL;
    size_t count = 0;
    bool help = false;

    if (args_parse(&command, argc, argv, &folder, 1, &count, &help, &failure) != STATUS_OK)
        goto failed;
    if (help) {
        args_print_help(&command, "caseload", stdout);
        return EXIT_CODE_PASSED;
    }
    if (count != 1) {
        failure_set(&failure, STATUS_INVALID, "which run? caseload report RUN_DIR");
        goto failed;
    }
    if (conformance_page_is_for(folder) && conformance_page_write(folder, &failure) != STATUS_OK)
        goto failed;
    if ((capacity_report_is_for(folder) ? capacity_report_write(folder, &failure)
                                        : report_write(folder, &failure)) != STATUS_OK)
        goto failed;
    printf("%s/report.html\n", folder);
    return EXIT_CODE_PASSED;
failed:
    fprintf(stderr, "caseload report: %s\n", failure.message);
    return EXIT_CODE_USAGE;
}
