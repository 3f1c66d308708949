/* How much of what this host's generator can do a load asked of it: against the ceiling that
 * `caseload doctor --calibrate` found for the same client kind, I/O path and send pattern. A
 * capacity close to that ceiling deserves a second look. */
#ifndef CASELOAD_GENERATOR_USE_H
#define CASELOAD_GENERATOR_USE_H

#include <jansson.h>
#include <stdbool.h>

#include "engine/calibrate/ceiling.h"
#include "engine/run/run_settings.h"

#define GENERATOR_USE_NEAR 0.8 /* of the ceiling: it may have been the generator */

struct generator_use {
    bool media;      /* false: signalling only, which calibration does not measure */
    char way[64];    /* "full clients, io_uring, paced" */
    bool calibrated; /* `ceiling` is known */
    struct ceiling ceiling;
};

/* From the calibration that this host keeps. */
void generator_use_read(const struct run_settings *settings, struct generator_use *ret_use);
/* Of the ceiling's packets a second and core; < 0: not known. `packets_per_s` are one process's,
 * the busier direction; < 0: not known. */
double generator_use_share(const struct generator_use *use, double packets_per_s);
/* "38 % of this host's calibrated ceiling of 520 participants per core (io_uring, …)". */
void generator_use_describe(const struct generator_use *use, double packets_per_s, char *text,
                            size_t size);

/* A new reference. */
json_t *generator_use_to_json(const struct generator_use *use, double packets_per_s);
/* What the function above wrote; whatever is not makes it uncalibrated. */
void generator_use_from_json(const json_t *json, struct generator_use *ret_use);

#endif
