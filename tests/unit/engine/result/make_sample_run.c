/* Writes a sample run folder with its report, to look at: make_sample_run FOLDER [passed|failed|
 * inconclusive [SECONDS]]. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/result/report.h"
#include "sample_run.h"

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: make_sample_run FOLDER [passed|failed|inconclusive [SECONDS]]\n");
        return 2;
    }
    const char *kind = argc > 2 ? argv[2] : "passed";
    struct sample_settings settings = {.kind = strcmp(kind, "failed") == 0 ? SAMPLE_FAILED
                                               : strcmp(kind, "inconclusive") == 0
                                                   ? SAMPLE_INCONCLUSIVE
                                                   : SAMPLE_PASSED,
                                       .shards = 2,
                                       .seconds = argc > 3 ? (unsigned)atoi(argv[3]) : 60,
                                       .sessions = 48,
                                       .seed = 7};
    enum exit_code code = sample_run_write(&settings, argv[1]);
    struct failure failure = {0};
    if (report_write(argv[1], &failure) != STATUS_OK) {
        fprintf(stderr, "%s\n", failure.message);
        return 1;
    }
    printf("%s/report.html (exit code %d)\n", argv[1], (int)code);
    return 0;
}
