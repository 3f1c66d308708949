/* caseload-server: arguments, wiring, exit code. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/base/allocator.h"
#include "common/base/args.h"
#include "common/base/buffer.h"
#include "common/base/log.h"
#include "common/webrtc/transport/certificate.h"
#include "reference-server/fault.h"
#include "reference-server/media/transport/receiver_limit.h"
#include "reference-server/server/announcement.h"
#include "reference-server/server/pages.h"
#include "reference-server/server/server.h"
#include "reference-server/server/socket_address.h"

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };
enum { MEDIA_WORKERS_MAX = 16, PEM_BYTES_MAX = 1 << 20, CERTIFICATE_DAYS = 30 };

struct options {
    const char *listen, *media, *database, *fixture, *tls_certificate, *tls_key, *announce,
        *receiver_limit;
    struct arg_list faults;
    uint64_t media_workers;
    bool plain, exit_with_parent, version;
};

/* What the options lead to. */
struct setup {
    struct socket_address listen, media;
    struct certificate *certificate; /* owned; NULL unless made here */
    struct buffer certificate_file, key_file;
    char web_folder[4096];
    const char *certificate_pem, *key_pem; /* NULL: plain */
};

static enum status parse(struct options *options, int argc, char **argv, bool *ret_help,
                         struct failure *failure)
{
    struct arg_option list[] = {
        {"listen", "ADDR:PORT", ARG_TEXT, &options->listen,
         "where HTTP and WebSocket are served (127.0.0.1:8443; port 0: a free one)", NULL},
        {"media", "ADDR:PORT", ARG_TEXT, &options->media,
         "UDP address of media worker 0, worker k on PORT+k (127.0.0.1:0: free ports)", NULL},
        {"media-workers", "N", ARG_COUNT, &options->media_workers, "media threads, 1 to 16 (1)",
         NULL},
        {"db", "FILE", ARG_TEXT, &options->database, "database file or :memory: (:memory:)", NULL},
        {"fixture", "FILE", ARG_TEXT, &options->fixture,
         "organisation, clinics and staff for an empty database", NULL},
        {"tls-cert", "FILE", ARG_TEXT, &options->tls_certificate,
         "PEM certificate chain; without it a certificate is made at start", NULL},
        {"tls-key", "FILE", ARG_TEXT, &options->tls_key, "PEM key of --tls-cert", NULL},
        {"plain", NULL, ARG_FLAG, &options->plain, "HTTP instead of HTTPS, on loopback only", NULL},
        {"fault", "NAME", ARG_LIST, &options->faults,
         "switch on a deliberate misbehaviour; 'list' shows them", NULL},
        {"receiver-limit", "KBIT", ARG_TEXT, &options->receiver_limit,
         "a test aid: at most so much video to each receiver; 2000,150@4: in turns of 4 s", NULL},
        {"announce", "FD|FILE", ARG_TEXT, &options->announce,
         "after the start write URL, ports and certificate there as one line of JSON", NULL},
        {"exit-with-parent", NULL, ARG_FLAG, &options->exit_with_parent,
         "stop when the parent process ends", NULL},
        {"version", NULL, ARG_FLAG, &options->version, "print the version", NULL},
    };
    const struct arg_command command = {
        .name = "caseload-server",
        .operands = "",
        .summary = "the reference telehealth platform that Caseload tests against",
        .options = list,
        .option_count = sizeof list / sizeof list[0],
    };
    const char *operands[1];
    size_t operand_count;
    enum status status =
        args_parse(&command, argc, argv, operands, 0, &operand_count, ret_help, failure);
    if (status == STATUS_OK && *ret_help) {
        struct arg_command whole_program = command;
        whole_program.name = "";
        args_print_help(&whole_program, command.name, stdout);
    }
    return status;
}

static void print_faults(void)
{
    for (unsigned fault = 0; fault < FAULT_COUNT; fault++)
        printf("%-22s %-7s %s\n", fault_name(fault), fault_requirement(fault),
               fault_meaning(fault));
}

static enum status switch_on_faults(const struct arg_list *names, struct failure *failure)
{
    for (size_t i = 0; i < names->count; i++) {
        enum fault fault = fault_switch_on_text(names->items[i]);
        if (fault == FAULT_COUNT)
            return failure_set(
                failure, STATUS_INVALID,
                "--fault %s: there is none of that name, number or cell; --fault list shows them",
                names->items[i]);
        log_warn("misbehaving on purpose: %s (%s)", names->items[i], fault_meaning(fault));
    }
    return STATUS_OK;
}

static enum status read_pem(const char *option, const char *path, struct buffer *pem,
                            struct failure *failure)
{
    char chunk[4096];
    size_t size;
    FILE *file = fopen(path, "re");
    if (!file)
        return failure_set(failure, STATUS_IO, "%s %s: %s", option, path, strerror(errno));
    while ((size = fread(chunk, 1, sizeof chunk, file)) > 0)
        buffer_append(pem, chunk, size);
    bool failed = ferror(file) || pem->failed || pem->size == 0;
    fclose(file);
    if (failed)
        return failure_set(failure, STATUS_IO, "%s %s: cannot be read or is empty", option, path);
    return STATUS_OK;
}

static enum status prepare_tls(const struct options *options, struct setup *setup,
                               struct failure *failure)
{
    if (!options->tls_certificate != !options->tls_key)
        return failure_set(failure, STATUS_INVALID, "--tls-cert and --tls-key go together");
    if (options->plain && options->tls_certificate)
        return failure_set(failure, STATUS_INVALID, "--plain and --tls-cert exclude each other");
    if (options->plain && !setup->listen.is_loopback)
        return failure_set(failure, STATUS_INVALID,
                           "--plain is for loopback only, not for --listen %s", options->listen);
    if (options->plain)
        return STATUS_OK;

    enum status status;
    if (options->tls_certificate) {
        status =
            read_pem("--tls-cert", options->tls_certificate, &setup->certificate_file, failure);
        if (status == STATUS_OK)
            status = read_pem("--tls-key", options->tls_key, &setup->key_file, failure);
        setup->certificate_pem = buffer_string(&setup->certificate_file);
        setup->key_pem = buffer_string(&setup->key_file);
        return status;
    }
    status = certificate_create("caseload-server", "IP:127.0.0.1,DNS:localhost", CERTIFICATE_DAYS,
                                &setup->certificate);
    if (status != STATUS_OK)
        return failure_set(failure, status, "no certificate could be made");
    setup->certificate_pem = certificate_pem(setup->certificate);
    setup->key_pem = certificate_key_pem(setup->certificate);
    return STATUS_OK;
}

static enum status prepare(const struct options *options, struct setup *setup,
                           struct failure *failure)
{
    enum status status = socket_address_parse("--listen", options->listen, &setup->listen, failure);
    if (status == STATUS_OK)
        status = socket_address_parse("--media", options->media, &setup->media, failure);
    if (status == STATUS_OK && setup->media.is_ipv6)
        status = failure_set(failure, STATUS_UNSUPPORTED, "--media takes an IPv4 address");
    if (status == STATUS_OK &&
        (options->media_workers < 1 || options->media_workers > MEDIA_WORKERS_MAX))
        status = failure_set(failure, STATUS_INVALID, "--media-workers takes 1 to %d",
                             MEDIA_WORKERS_MAX);
    if (status == STATUS_OK)
        status = prepare_tls(options, setup, failure);
    if (status == STATUS_OK)
        status = pages_find_folder(setup->web_folder, sizeof setup->web_folder, failure);
    if (status == STATUS_OK)
        status = switch_on_faults(&options->faults, failure);
    if (status == STATUS_OK && options->receiver_limit) {
        status = receiver_limit_set(options->receiver_limit, failure);
        if (status == STATUS_OK)
            log_warn("video is limited for each receiver: %s", options->receiver_limit);
    }
    return status;
}

static void setup_finish(struct setup *setup)
{
    certificate_destroy(setup->certificate);
    buffer_finish(&setup->certificate_file);
    buffer_finish(&setup->key_file);
}

/* As many descriptors as we may have; returns how many. */
static size_t raise_descriptor_limit(void)
{
    struct rlimit limit = {0};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur == RLIM_INFINITY ? (size_t)1 << 20 : limit.rlim_cur;
}

static void format_url(const struct setup *setup, uint16_t port, char *url, size_t size)
{
    snprintf(url, size, "%s://%s%s%s:%u", setup->certificate_pem ? "https" : "http",
             setup->listen.is_ipv6 ? "[" : "", setup->listen.address,
             setup->listen.is_ipv6 ? "]" : "", port);
}

static enum status announce(const struct options *options, const struct setup *setup,
                            const struct server *server, struct failure *failure)
{
    char url[128];
    uint16_t ports[MEDIA_WORKERS_MAX];
    format_url(setup, server_port(server), url, sizeof url);
    for (unsigned i = 0; i < options->media_workers; i++)
        ports[i] = server_media_port(server, i);
    printf("%s (patients: /c/LINK, staff: /staff), media on UDP %s:%u\n", url, setup->media.address,
           ports[0]);
    fflush(stdout);
    if (!options->announce)
        return STATUS_OK;
    return announcement_write(
        &(struct announcement){
            .url = url,
            .port = server_port(server),
            .media_ports = ports,
            .media_port_count = options->media_workers,
            .certificate_pem = setup->certificate ? certificate_pem(setup->certificate) : NULL,
            .pid = getpid(),
        },
        options->announce, failure);
}

struct running {
    struct loop *loop;
    struct server *server;
};

static void on_stopped(void *arg)
{
    struct running *running = arg;
    loop_stop(running->loop);
}

static void on_signal(void *arg, int signal_number)
{
    (void)signal_number;
    struct running *running = arg;
    server_stop(running->server, on_stopped, running);
}

/* Stop by SIGTERM when the parent ends; it may have ended already. */
static void follow_parent(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        raise(SIGTERM);
}

static enum status serve(const struct options *options, const struct setup *setup,
                         struct running *running, pid_t parent, struct failure *failure)
{
    struct server_config config = {
        .loop = running->loop,
        .address = setup->listen.address,
        .port = setup->listen.port,
        .media_address = setup->media.address,
        .media_port = setup->media.port,
        .media_workers = (unsigned)options->media_workers,
        .certificate_pem = setup->certificate_pem,
        .key_pem = setup->key_pem,
        .database = options->database,
        .fixture = options->fixture,
        .web_folder = setup->web_folder,
        .descriptor_limit = raise_descriptor_limit(),
    };
    enum status status = server_create(&config, &running->server, failure);
    if (status != STATUS_OK)
        return status;
    status = loop_on_signal(running->loop, SIGTERM, on_signal, running);
    if (status == STATUS_OK)
        status = loop_on_signal(running->loop, SIGINT, on_signal, running);
    if (status != STATUS_OK)
        return failure_set(failure, status, "signals cannot be watched");
    if (options->exit_with_parent)
        follow_parent(parent);
    status = announce(options, setup, running->server, failure);
    if (status == STATUS_OK)
        loop_run(running->loop);
    return status;
}

static int fail(const struct failure *failure)
{
    log_error("%s", failure->message);
    switch (failure->status) {
    case STATUS_NO_MEMORY:
    case STATUS_INTERNAL:
    case STATUS_CRYPTO:
        return EXIT_FAILED;
    default:
        return EXIT_USAGE; /* an option, a file or an address that cannot be used */
    }
}

static int run(const struct options *options, pid_t parent)
{
    struct failure failure = {0};
    struct setup setup = {0};
    struct running running = {0};
    buffer_init(&setup.certificate_file, PEM_BYTES_MAX);
    buffer_init(&setup.key_file, PEM_BYTES_MAX);
    int exit_code = EXIT_OK;
    enum status status = prepare(options, &setup, &failure);
    if (status == STATUS_OK) {
        running.loop = loop_create();
        status = running.loop
                     ? serve(options, &setup, &running, parent, &failure)
                     : failure_set(&failure, STATUS_NO_MEMORY, "no event loop could be made");
    }
    if (status != STATUS_OK)
        exit_code = fail(&failure);
    server_destroy(running.server);
    if (running.loop)
        loop_destroy(running.loop);
    setup_finish(&setup);
    return exit_code;
}

int main(int argc, char **argv)
{
    pid_t parent = getppid();
    struct options options = {
        .listen = "127.0.0.1:8443",
        .media = "127.0.0.1:0",
        .database = ":memory:",
        .media_workers = 1,
    };
    struct failure failure = {0};
    bool help = false;
    log_open("caseload-server", LOG_WARN);
    signal(SIGPIPE, SIG_IGN);
    if (parse(&options, argc, argv, &help, &failure) != STATUS_OK)
        return fail(&failure);
    if (help)
        return EXIT_OK;
    if (options.version) {
        printf("caseload-server %s, allocator %s\n", CASELOAD_VERSION, allocator_name());
        return EXIT_OK;
    }
    if (options.faults.count == 1 && strcmp(options.faults.items[0], "list") == 0) {
        print_faults();
        return EXIT_OK;
    }
    return run(&options, parent);
}
