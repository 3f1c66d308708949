/* Any bytes as a message of the live connection: parsing, checking against every method, and the
 * answers made from it. What is not refused must have been a request in all its parts. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reference-server/live/jsonrpc.h"
#include "reference-server/live/method.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever was echoed from the stranger must be JSON again. */
static void check_text(char *text, size_t size)
{
    assert(text && strlen(text) == size);
    json_t *again = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    assert(again);
    json_decref(again);
    free(text);
}

static void check_arguments(const struct method *method, const struct arguments *arguments)
{
    for (size_t i = 0; i < PARAMETERS_MAX && method->parameters[i].name; i++) {
        const struct parameter *parameter = &method->parameters[i];
        const char *text = arguments->text[i];
        assert(text || parameter->optional || parameter->kind == PARAMETER_DETAILS);
        if (text && parameter->kind != PARAMETER_WORD)
            assert(strlen(text) >= parameter->min && strlen(text) <= 4ul * parameter->max);
    }
    assert(arguments->details.count <= DETAILS_MAX);
}

static void check_method(const struct method *method, const struct rpc_request *request)
{
    struct arguments arguments;
    char parameter[PARAMETER_NAME_SIZE] = "";
    size_t size = 0;
    enum status status = method_take_arguments(method, request->params, &arguments, parameter);
    if (status == STATUS_OK) {
        check_arguments(method, &arguments);
        return;
    }
    assert(status == STATUS_INVALID);
    char *text = rpc_write_error(request->id, RPC_ERROR_PARAMETER, NULL, parameter, &size);
    check_text(text, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rpc_request request = {0};
    size_t written = 0;
    enum status status = rpc_request_parse((const char *)data, size, &request);
    if (status == STATUS_OK) {
        assert(request.method);
        (void)method_by_name(request.method);
        for (size_t i = 0; i < method_count; i++)
            check_method(&methods[i], &request);
        char *text = rpc_write_result(request.id, json_object(), &written);
        check_text(text, written);
    }
    rpc_request_finish(&request);
    return 0;
}
