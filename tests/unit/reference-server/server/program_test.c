/* The built program from outside: exit codes, the announcement, the end by signal and with its
 * parent. */
#include <check.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"

enum { ARGUMENTS_MAX = 12 };

struct program {
    pid_t pid;
    int announced; /* read end of --announce */
    int errors;    /* read end of stderr */
};

/* `arguments` without the program's name, NULL at the end; "ANNOUNCE" becomes the descriptor. */
static struct program start(const char *const *arguments)
{
    int announce[2], errors[2];
    char number[16];
    char *argv[ARGUMENTS_MAX + 2] = {CASELOAD_SERVER};
    ck_assert_int_eq(pipe(announce), 0);
    ck_assert_int_eq(pipe(errors), 0);
    snprintf(number, sizeof number, "%d", announce[1]);
    for (size_t i = 0; arguments[i]; i++) {
        ck_assert_uint_lt(i, ARGUMENTS_MAX);
        argv[i + 1] = strcmp(arguments[i], "ANNOUNCE") == 0 ? number : (char *)arguments[i];
    }
    pid_t pid = fork();
    if (pid == 0) {
        dup2(errors[1], 2);
        dup2(errors[1], 1);
        close(errors[0]);
        close(announce[0]);
        execv(CASELOAD_SERVER, argv);
        _exit(99);
    }
    ck_assert_int_gt(pid, 0);
    close(announce[1]);
    close(errors[1]);
    return (struct program){pid, announce[0], errors[0]};
}

static void read_all(int fd, char *text, size_t size)
{
    size_t length = 0;
    ssize_t got;
    while (length < size - 1 && (got = read(fd, text + length, size - 1 - length)) > 0)
        length += (size_t)got;
    text[length] = '\0';
    close(fd);
}

static int exit_code(struct program *program, char *output, size_t size)
{
    int status = 0;
    read_all(program->errors, output, size);
    close(program->announced);
    ck_assert_int_eq(waitpid(program->pid, &status, 0), program->pid);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Exit code and output of a run that ends by itself. */
static void expect(const char *const *arguments, int code, const char *said)
{
    char output[16384];
    struct program program = start(arguments);
    int got = exit_code(&program, output, sizeof output);
    ck_assert_msg(got == code && strstr(output, said), "exit %d: %s", got, output);
}

#define EXPECT(code, said, ...) expect((const char *const[]){__VA_ARGS__, NULL}, code, said)

START_TEST(questions_are_answered)
{
    EXPECT(0, "caseload-server 0.", "--version");
    EXPECT(0, "--exit-with-parent", "--help");
    EXPECT(0, "keep-card", "--fault", "list");
}
END_TEST

START_TEST(what_cannot_be_is_named_and_exits_with_two)
{
    EXPECT(2, "--listn", "--listn", "x");
    EXPECT(2, "too much", "operand");
    EXPECT(2, "--listen", "--listen", "localhost:1");
    EXPECT(2, "loopback", "--plain", "--listen", "0.0.0.0:0");
    EXPECT(2, "loopback", "--plain", "--listen", "[::]:0");
    EXPECT(2, "nonsense", "--fault", "nonsense");
    EXPECT(2, "--media-workers", "--media-workers", "0");
    EXPECT(2, "--media-workers", "--media-workers", "17");
    EXPECT(2, "IPv4", "--media", "[::1]:0");
    EXPECT(2, "go together", "--tls-cert", "x");
    EXPECT(2, "/nowhere/cert", "--tls-cert", "/nowhere/cert", "--tls-key", "/nowhere/key");
    EXPECT(2, "/nowhere/fixture", "--listen", "127.0.0.1:0", "--fixture", "/nowhere/fixture");
    EXPECT(2, "/nowhere/db", "--listen", "127.0.0.1:0", "--db", "/nowhere/db");
    EXPECT(2, "192.0.2.1", "--listen", "192.0.2.1:0");
    EXPECT(2, "/nowhere/a", "--listen", "127.0.0.1:0", "--announce", "/nowhere/a");
}
END_TEST

static json_t *announcement_of(struct program *program)
{
    char line[8192];
    read_all(program->announced, line, sizeof line);
    program->announced = -1;
    json_t *read = json_loads(line, 0, NULL);
    ck_assert_msg(read, "no announcement: %s", line);
    return read;
}

START_TEST(it_announces_itself_and_ends_by_signal)
{
    static const int signals[] = {SIGTERM, SIGINT};
    for (int i = 0; i < 2; i++) {
        char output[16384];
        struct program program = start((const char *const[]){
            "--listen", "127.0.0.1:0", "--media-workers", "2", "--announce", "ANNOUNCE", NULL});
        json_t *announced = announcement_of(&program);
        ck_assert_int_eq(json_integer_value(json_object_get(announced, "pid")), program.pid);
        ck_assert_int_gt(json_integer_value(json_object_get(announced, "port")), 0);
        const json_t *ports = json_object_get(announced, "media_ports");
        ck_assert_uint_eq(json_array_size(ports), 2);
        ck_assert_int_gt(json_integer_value(json_array_get(ports, 1)), 0);
        ck_assert_ptr_nonnull(strstr(
            json_string_value(json_object_get(announced, "certificate_pem")), "BEGIN CERTIFICATE"));
        ck_assert_int_eq(
            strncmp(json_string_value(json_object_get(announced, "url")), "https://127.0.0.1:", 18),
            0);
        json_decref(announced);
        kill(program.pid, signals[i]);
        int code = exit_code(&program, output, sizeof output);
        ck_assert_msg(code == 0, "exit %d: %s", code, output);
    }
}
END_TEST

START_TEST(plain_has_no_certificate)
{
    char output[16384];
    struct program program = start((const char *const[]){"--listen", "127.0.0.1:0", "--plain",
                                                         "--announce", "ANNOUNCE", NULL});
    json_t *announced = announcement_of(&program);
    ck_assert(json_is_null(json_object_get(announced, "certificate_pem")));
    ck_assert_int_eq(strncmp(json_string_value(json_object_get(announced, "url")), "http://", 7),
                     0);
    json_decref(announced);
    kill(program.pid, SIGTERM);
    ck_assert_int_eq(exit_code(&program, output, sizeof output), 0);
}
END_TEST

/* A parent in between starts the server and dies; the server's stderr then comes to its end. */
START_TEST(it_ends_with_its_parent)
{
    int pids[2], life[2];
    ck_assert_int_eq(pipe(pids), 0);
    ck_assert_int_eq(pipe(life), 0);
    pid_t parent = fork();
    if (parent == 0) {
        close(life[0]);
        struct program program = start((const char *const[]){
            "--listen", "127.0.0.1:0", "--exit-with-parent", "--announce", "ANNOUNCE", NULL});
        char line[8192];
        read_all(program.announced, line, sizeof line); /* it runs */
        if (write(pids[1], &program.pid, sizeof program.pid) < 0)
            _exit(1);
        _exit(0); /* the server still holds life[1] */
    }
    pid_t server = 0;
    close(life[1]);
    ck_assert_int_eq(read(pids[0], &server, sizeof server), sizeof server);
    ck_assert_int_eq(waitpid(parent, NULL, 0), parent);
    char byte;
    ck_assert_int_eq(read(life[0], &byte, 1), 0); /* returns when the server is gone */
    close(life[0]);
    close(pids[0]);
    close(pids[1]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("program");
    TCase *tests = tcase_create("program");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, questions_are_answered);
    tcase_add_test(tests, what_cannot_be_is_named_and_exits_with_two);
    tcase_add_test(tests, it_announces_itself_and_ends_by_signal);
    tcase_add_test(tests, plain_has_no_certificate);
    tcase_add_test(tests, it_ends_with_its_parent);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
