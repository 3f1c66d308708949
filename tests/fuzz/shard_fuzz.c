/* The files of shards that somebody else may have written: the first byte chooses the part, the
 * rest is its JSON. What is taken can be merged, twice, asked for and written again. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/result/json_member.h"
#include "engine/result/result_json.h"
#include "engine/result/shard_card.h"
#include "engine/result/shard_difference.h"

static void ask(void *arg, const struct metric_info *info, const char *tag,
                const struct histogram *histogram, int64_t sum)
{
    (void)arg, (void)info, (void)tag, (void)sum;
    if (histogram != NULL) {
        assert(histogram_quantile(histogram, 0.5) <= histogram_quantile(histogram, 1));
    }
}

static void read_metrics(const json_t *json)
{
    struct metrics *one = metrics_create(), *sum = metrics_create();
    if (metrics_from_json(json, one) == STATUS_OK) {
        metrics_merge(sum, one);
        metrics_merge(sum, one);
        metrics_visit(sum, ask, NULL);
        json_decref(metrics_to_json(sum));
    }
    metrics_destroy(one);
    metrics_destroy(sum);
}

static void read_holds(const json_t *json)
{
    struct hold hold = {0};
    for (int twice = 0; twice < 2; twice++) {
        if (hold_from_json(json, &hold) == STATUS_OK) {
            assert(hold_length_s(&hold) >= 0);
            json_decref(hold_to_json(&hold));
        }
    }
    hold_finish(&hold);
}

static void read_checks(const json_t *json)
{
    struct check_log *checks = check_log_create();
    if (checks_from_json(json, checks) == STATUS_OK) {
        json_decref(checks_to_json(checks));
    }
    check_log_destroy(checks);
}

static void read_sums(const json_t *json)
{
    struct ledger ledger = {0};
    struct health health = {0};
    struct run_counts counts = {0};
    for (int twice = 0; twice < 2; twice++) {
        if (ledger_from_json(json, &ledger) == STATUS_OK) {
            json_decref(ledger_to_json(&ledger));
        }
        if (health_from_json(json, &health) == STATUS_OK) {
            health_fit(&health);
            json_decref(health_to_json(&health));
        }
        if (counts_from_json(json, &counts) == STATUS_OK) {
            json_decref(counts_to_json(&counts));
        }
    }
}

static void read_card(const json_t *json)
{
    static struct shard_card card;
    if (shard_card_from_json(json, &card) == STATUS_OK) {
        assert(card.index < card.count && card.count * card.workers <= SHARD_COUNT_MAX);
        assert(card.start_us <= card.end_us);
    }
}

/* Two documents in one array. */
static void compare(json_t *json)
{
    static struct shard_folder a, b;
    char text[256];
    a.run = json_array_get(json, 0);
    b.run = json_array_get(json, 1);
    bool differ = shard_difference_find(&a, &b, text, sizeof text);
    assert(differ == shard_difference_find(&b, &a, text, sizeof text));
    assert(!shard_difference_find(&a, &a, text, sizeof text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *json = size > 0
                       ? json_loadb((const char *)data + 1, size - 1, JSON_REJECT_DUPLICATES, NULL)
                       : NULL;
    if (json == NULL) {
        return 0;
    }
    switch (data[0] % 6) {
    case 0:
        read_card(json);
        break;
    case 1:
        read_metrics(json);
        break;
    case 2:
        read_checks(json);
        break;
    case 3:
        read_sums(json);
        break;
    case 4:
        read_holds(json);
        break;
    default:
        compare(json);
        break;
    }
    json_decref(json);
    return 0;
}
