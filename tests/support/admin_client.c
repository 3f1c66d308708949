#include "tests/support/admin_client.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void admin_client_init(struct admin_client *client, struct server_bench *bench,
                       const char *username)
{
    *client = (struct admin_client){.bench = bench, .token = server_bench_token(bench, username)};
    json_t *reply = json_loads(bench->body, 0, NULL);
    client->user = strdup(text_in(json_object_get(reply, "user"), "id"));
    json_decref(reply);
}

void admin_client_finish(struct admin_client *client)
{
    json_decref(client->reply);
    free(client->token);
    free(client->user);
}

int admin_ask(struct admin_client *client, const char *method, const char *body, const char *format,
              ...)
{
    char path[256] = "/api/v1", text[2048];
    va_list values;
    va_start(values, format);
    vsnprintf(path + strlen(path), sizeof path - strlen(path), format, values);
    va_end(values);
    snprintf(text, sizeof text, "%s", body ? body : "");
    for (char *at = text; (at = strchr(at, '\'')); at++)
        *at = '"';
    int status =
        server_bench_request(client->bench, method, path, client->token, body ? text : NULL);
    json_decref(client->reply);
    client->reply = client->bench->body ? json_loads(client->bench->body, 0, NULL) : NULL;
    return status;
}

const char *admin_error(const struct admin_client *client)
{
    const char *class =
        json_string_value(json_object_get(json_object_get(client->reply, "error"), "class"));
    return class ? class : "";
}

const char *admin_text(const struct admin_client *client, const char *member)
{
    return text_in(client->reply, member);
}

static const char *id_of(const json_t *list, const char *name)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        if (!name || strcmp(text_in(one, "name"), name) == 0)
            return text_in(one, "id");
    }
    return "";
}

const char *admin_organisation(struct admin_client *client)
{
    static char id[64];
    ck_assert_int_eq(admin_ask(client, "GET", NULL, "/organisations"), 200);
    snprintf(id, sizeof id, "%s", id_of(json_object_get(client->reply, "organisations"), NULL));
    return id;
}

const char *admin_clinic(struct admin_client *client, const char *name)
{
    static char ids[2][64]; /* two may be held at once */
    static unsigned turn;
    char *id = ids[turn++ % 2];
    ck_assert_int_eq(
        admin_ask(client, "GET", NULL, "/organisations/%s/clinics", admin_organisation(client)),
        200);
    snprintf(id, sizeof ids[0], "%s", id_of(json_object_get(client->reply, "clinics"), name));
    ck_assert_str_ne(id, "");
    return id;
}

void admin_people_init(struct admin_people *people)
{
    server_bench_init(&people->bench, false, NULL, 0);
    admin_client_init(&people->admin, &people->bench, "admin");
    admin_client_init(&people->nurse, &people->bench, "nurse");
    admin_client_init(&people->clerk, &people->bench, "clerk");
    admin_client_init(&people->reporter, &people->bench, "reporter");
    admin_client_init(&people->other, &people->bench, "other");
}

void admin_people_finish(struct admin_people *people)
{
    admin_client_finish(&people->admin);
    admin_client_finish(&people->nurse);
    admin_client_finish(&people->clerk);
    admin_client_finish(&people->reporter);
    admin_client_finish(&people->other);
    server_bench_finish(&people->bench);
}
