/* run.json read back, as far as another result is made of it: what merged runs and staircases say
 * they were. Whatever is missing or of another type is left as it was. */
#include <stdio.h>
#include <stdlib.h>

#include "engine/result/json_member.h"
#include "engine/result/run_json.h"

/* It may be shown on a terminal. */
static void read_text(const json_t *object, const char *name, char *into, size_t size)
{
    const char *text = member_read_text(object, name);
    if (text == NULL) {
        return;
    }
    snprintf(into, size, "%s", text);
    for (char *at = into; *at != '\0'; at++) {
        *at = (unsigned char)*at < ' ' || *at == 0x7F ? '?' : *at;
    }
}
#define READ_TEXT(object, name, array) read_text(object, name, array, sizeof(array))

static void read_story(const json_t *story, struct run_info *info)
{
    READ_TEXT(story, "name", info->story);
    READ_TEXT(story, "title", info->story_title);
    READ_TEXT(story, "path", info->story_path);
    READ_TEXT(story, "digest", info->story_digest);
    info->examination = json_is_true(json_object_get(story, "examination"));
}

static void read_media(const json_t *media, struct run_info *info)
{
    READ_TEXT(media, "mode", info->media);
    READ_TEXT(media, "video", info->video);
    READ_TEXT(media, "audio", info->audio);
    READ_TEXT(media, "send", info->send);
    READ_TEXT(media, "client", info->client);
    READ_TEXT(media, "network", info->network);
    READ_TEXT(media, "io_path", info->io_path);
    READ_TEXT(media, "srtp_build", info->srtp_build);
    READ_TEXT(media, "srtp_suite", info->srtp_suite);
    member_read_number(media, "probe_share", &info->probe_share);
}

static void read_target(const json_t *target, struct run_info *info)
{
    const json_t *limit = json_object_get(target, "cpu_limit");
    READ_TEXT(target, "name", info->target_name);
    READ_TEXT(target, "url", info->target_url);
    READ_TEXT(target, "version", info->target_version);
    info->target_embedded = json_is_true(json_object_get(target, "embedded"));
    info->plain = json_is_true(json_object_get(target, "plain"));
    info->target_cores = -1;
    member_read_number(target, "cores", &info->target_cores);
    member_read_number(limit, "cores", &info->cpu_limit);
    READ_TEXT(limit, "by", info->cpu_limit_by);
}

static void read_unsigned(const json_t *object, const char *name, unsigned *value)
{
    uint64_t count;
    if (member_read_count(object, name, &count) && count <= UINT32_MAX) {
        *value = (unsigned)count;
    }
}

static void read_host(const json_t *host, struct run_info *info)
{
    struct host_card *card = &info->host;
    READ_TEXT(host, "cpu", card->cpu);
    READ_TEXT(host, "kernel", card->kernel);
    READ_TEXT(host, "system", card->system);
    READ_TEXT(host, "governor", card->governor);
    read_unsigned(host, "cores", &card->cores);
    member_read_count(host, "memory_bytes", &card->memory_bytes);
    member_read_count(host, "files_max", &card->files_max);
    member_read_count(host, "rx_buffer_max_bytes", &card->rx_buffer_max_bytes);
    member_read_count(host, "tx_buffer_max_bytes", &card->tx_buffer_max_bytes);
    card->virtual_machine = json_is_true(json_object_get(host, "virtual_machine"));
    info->host_noisy |= json_is_true(json_object_get(host, "noisy"));
    member_read_integer(host, "stall_before_us", &info->stall_before_us);
    member_read_integer(host, "stall_after_us", &info->stall_after_us);
}

void run_idle_path_read(const json_t *json, struct idle_path *ret_path)
{
    struct idle_path path = {.rtt_p50_us = -1, .rtt_max_us = -1};
    read_unsigned(json, "sent", &path.sent);
    read_unsigned(json, "lost", &path.lost);
    member_read_integer(json, "rtt_p50_us", &path.rtt_p50_us);
    member_read_integer(json, "rtt_max_us", &path.rtt_max_us);
    *ret_path = path;
}

void run_info_read(const json_t *run, struct run_info *info)
{
    const char *seed = member_read_text(run, "seed");
    READ_TEXT(run, "program_version", info->program_version);
    info->seed = seed != NULL ? strtoull(seed, NULL, 10) : info->seed;
    read_story(json_object_get(run, "story"), info);
    read_media(json_object_get(run, "media"), info);
    read_target(json_object_get(run, "target"), info);
    read_host(json_object_get(run, "host"), info);
    run_idle_path_read(json_object_get(run, "idle_path"), &info->idle_path);
}
