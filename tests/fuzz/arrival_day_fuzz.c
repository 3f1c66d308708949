/* Any file as a day of arrivals: it is refused with file and line, or every start it makes lies in
 * the day, in order, and there are as many as the rates say. */
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "engine/run/arrival.h"
#include "engine/run/arrival_day.h"

#define STARTS_MAX 5000

static void check_starts(const struct arrival_shape *shape, double rate_per_s)
{
    int64_t length_us = arrival_shape_length_us(shape), offset_us, last_us = 0;
    double expected = rate_per_s * arrival_shape_expected(shape, 0, length_us);
    struct arrival arrival;
    unsigned count = 0;
    arrival_init(&arrival, &(struct arrival_settings){
                               .shape = shape, .rate_per_s = rate_per_s, .duration_us = INT64_MAX});
    while (count < STARTS_MAX && arrival_next(&arrival, &offset_us)) {
        assert(offset_us >= last_us && offset_us <= length_us);
        last_us = offset_us;
        count++;
    }
    assert(count == STARTS_MAX || fabs(count - expected) <= 1 + expected * 1e-6);
    assert(arrival_shape_most(shape, length_us) * rate_per_s <= expected * (1 + 1e-9) + 1e-9);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arrival_shape shape;
    struct failure failure = {0};
    double compress = size > 0 ? 1 + data[0] : 1, rate_per_s = 0;
    char *text = malloc(size + 1);
    memcpy(text, data, size); /* exactly as long: reading behind it is seen */
    if (arrival_day_parse(text, size, "f", compress, &shape, &rate_per_s, &failure) == STATUS_OK)
        check_starts(&shape, rate_per_s);
    else
        assert(strncmp(failure.message, "f:", 2) == 0);
    free(text);
    return 0;
}
