/* Stories in Lua: one Lua state per shard, one coroutine per participant, a target driver between
 * the story's verbs and the platform's messages. Lua decides, C does; Lua never sees a packet. */
#ifndef CASELOAD_SCRIPT_H
#define CASELOAD_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/status.h"
#include "common/net/loop.h"
#include "engine/measure/check_log.h"
#include "engine/measure/ledger.h"
#include "engine/measure/metrics.h"
#include "engine/measure/target_metric.h"
#include "engine/participant/participant.h"

struct script;

#define STORY_SETTINGS_MAX 256 /* of all stories of a mix */
#define STORY_THRESHOLDS_MAX 48
#define STORY_PROFILES_MAX 16

struct story_setting {
    char name[96];  /* "consult", of a mix "one-to-one.consult" */
    char value[96]; /* default, as text: "20s", "3", "0.2" */
    char help[128];
};

/* What a story declares; filled by script_create. */
struct story {
    char name[64], title[128], path[512];
    size_t profile_count, setting_count, threshold_count;
    char profiles[STORY_PROFILES_MAX][32];
    struct story_setting settings[STORY_SETTINGS_MAX];
    char thresholds[STORY_THRESHOLDS_MAX][128];
    /* default load shape; 0: not given */
    uint64_t sessions;
    double rate_per_s;
    int64_t duration_us, ramp_us;
    char arrivals[96];                 /* as --arrivals takes it (arrival_pattern.h) */
    int64_t planned_us;                /* length of one session as planned */
    int64_t grace_us;                  /* for finishing after the end of the duration */
    unsigned sessions_per_clinic;      /* 10 unless the story says otherwise */
    unsigned participants_per_session; /* bystanders apart */
    bool examination;                  /* checks, one after the other: no load (decision 9) */
    /* Of the driver: how its platform names what it uses. */
    size_t target_metric_count;
    struct target_metric target_metrics[TARGET_METRICS_MAX];
};

enum session_outcome { SESSION_COMPLETED, SESSION_FAILED, SESSION_CUT };

struct session_result {
    uint64_t index;
    enum session_outcome outcome;
    int64_t intended_us, started_us, ended_us;
    const char *reason; /* "" or what failed, naming step and actor; lives during the callback */
    const char
        *plan; /* JSON object: the choices drawn for this session; lives during the callback */
    const char *story;     /* its name: one of a mix; lives during the callback */
    const char *measures;  /* JSON object of a few key durations in µs ("join_media": …) */
    int64_t worst_join_us; /* for "worst sessions"; 0: none */
};

/* Everything is borrowed, texts during script_create only. Whoever only reads the story or makes
 * its fixture leaves loop, media, metrics and checks NULL. Callbacks come from the loop, or from
 * inside script_cut and script_finish; they must not destroy the script. */
struct script_config {
    struct loop *loop;
    struct media_context *media;
    struct metrics *metrics;
    struct check_log *checks;
    struct ledger *ledger;                /* NULL: none */
    const char *story_path, *target_path; /* found files */
    const char *scenario_folder;          /* root of require(): roles/…, targets/… */
    const char *const *settings;          /* "KEY=VALUE" texts from --set */
    size_t setting_count;
    const char *url;    /* of the platform */
    const char *ca_pem; /* trust exactly this; NULL: system */
    bool insecure;
    const char *fixture; /* JSON text of the fixture; NULL: the driver prepares */
    uint64_t seed;
    unsigned shard_index, shard_count; /* of the processes that share the sessions */
    bool apart; /* they do not know of each other (--shard): the clinics must share evenly */
    int64_t timeout_us;      /* default time limit of operations and expects */
    int64_t capture_session; /* session to capture; -1: none */
    bool trace;              /* call on_trace for every event */
    void *arg;
    void (*on_session_end)(void *arg, const struct session_result *result);
    /* The target refused the driver or is unreachable (before any session): message names it. */
    void (*on_prepared)(void *arg, enum status status, const char *message);
    void (*on_trace)(void *arg, int64_t at_us, const char *actor, const char *what);
    /* The platform died under us: connections of this shard all lost and new ones refused. */
    void (*on_target_lost)(void *arg, const char *message);
    /* Story or driver is at fault while running ("file:line: …": a run-time error, an endless loop,
     * no memory): told once; the run cannot be judged (exit 2). */
    void (*on_script_error)(void *arg, const char *message);
};

/* Load, sandbox and check story and driver; nothing else happens yet. INVALID with "file:line: …"
 * for script errors, also for unknown settings. */
MUST_CHECK enum status script_create(const struct script_config *config, struct script **ret_script,
                                     struct failure *failure);
void script_destroy(struct script *script);
const struct story *script_story(const struct script *script);
/* Digest (common/base/digest.h) of everything that was loaded: story, its modules and the driver,
 * in the order in which they were read. Equal digests: the same story for the same platform. */
uint64_t script_digest(const struct script *script);

/* The fixture that `sessions` running at once need, as JSON text (docs/protocol.md "Fixture" for
 * the reference target); owned by the script, until it is asked for another text. */
MUST_CHECK enum status script_fixture(struct script *script, uint64_t sessions, uint64_t seed,
                                      const char **ret_json, struct failure *failure);

/* The checks of an examination, as chosen by its settings, as JSON text: a list of {"name",
 * "title", "file", "requirements": [id], "proven_by": [{"fault", "breaks": [id]}]}; owned as above.
 * INVALID: what was loaded is a story. */
MUST_CHECK enum status script_checks(struct script *script, const char **ret_json,
                                     struct failure *failure);

/* What the driver declares its platform not to have, as JSON text: {profile or row: why}; owned as
 * above. */
MUST_CHECK enum status script_absent(struct script *script, const char **ret_json,
                                     struct failure *failure);

/* Does the driver understand this fixture, which somebody else made? INVALID says what is wrong
 * with it. Whoever asks only reads: this script cannot be prepared any more. */
MUST_CHECK enum status script_check_fixture(struct script *script, const char *json,
                                            struct failure *failure);

/* Driver's prepare (names resolved, staff signed in, residents and bystanders opened); ends with
 * on_prepared. */
void script_prepare(struct script *script, uint64_t sessions_at_once);

/* The run begins, or will, at `begin_us`: what stories count their common instants from. Without
 * it, the intended start of the first session. */
void script_begin(struct script *script, int64_t begin_us);

/* Start session `index` now; its intended time was `intended_us`. */
void script_session_start(struct script *script, uint64_t index, int64_t intended_us);
size_t script_sessions_running(const struct script *script);
/* People whom the platform knows as its participants (entered, signed on), with or without media;
 * bystanders and people whom somebody else plays apart. Who comes back is the same person. */
struct script_people {
    uint64_t now, peak, total;
};
const struct script_people *script_people(const struct script *script);
/* End every running session now: on_session_end says CUT for each before this returns. Not from
 * inside a callback of this module. */
void script_cut(struct script *script);
/* Close bystanders, residents and connections; what they saw is checked and recorded when this
 * returns. Not from inside a callback. */
void script_finish(struct script *script);

/* `caseload script check`: everything that can be said without a platform: syntax, unknown verbs,
 * roles that never act, waits without time limit. One finding each, `line` 0 when it is about the
 * whole file. OK also with findings; a failure is one of the harness or an unreadable file. */
typedef void script_finding_fn(void *arg, const char *file, int line, const char *message);
MUST_CHECK enum status script_check(const char *story_path, const char *scenario_folder,
                                    script_finding_fn *on_finding, void *arg,
                                    struct failure *failure);

#endif
