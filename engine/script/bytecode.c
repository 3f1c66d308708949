#include "engine/script/bytecode.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Format: lundump.h and lopcodes.h of Lua 5.4. Header: signature, version, format, LUAC_DATA, sizes
 * of Instruction, lua_Integer and lua_Number, two sample values, number of upvalues. */
static const uint8_t HEADER[] = {0x1b,          'L',  'u',  'a',  0x54, 0, 0x19,
                                 0x93,          '\r', '\n', 0x1a, '\n', 4, sizeof(int64_t),
                                 sizeof(double)};
#define SAMPLE_SIZE 16 /* one integer, one number */
#define NESTING_MAX 200
#define NAME_SIZE 128

/* Opcodes that name a thing by a constant; the place of A, B and C in an instruction. */
enum { OP_GETTABUP = 11, OP_SETTABUP = 15, OP_SETFIELD = 18, OP_SELF = 20 };
enum {
    TYPE_NIL,
    TYPE_FALSE = 1,
    TYPE_INTEGER = 3,
    TYPE_SHORT = 4,
    TYPE_TRUE = 17,
    TYPE_NUMBER = 19,
    TYPE_LONG = 20
};

struct chunk {
    const uint8_t *data;
    size_t size, at;
    bool failed;
    unsigned nesting;
    bytecode_use_fn *on_use;
    void *arg;
};

struct text { /* inside the chunk; data NULL: none, or not a text */
    const uint8_t *data;
    size_t size;
};

/* What of one function is needed at its end, when the lines are known. */
struct function {
    const uint8_t *code; /* 4 bytes each */
    size_t code_size;
    struct text *constants;
    size_t constant_count;
    const int8_t *line_steps;
    size_t line_step_count;
    const uint8_t *absolute_lines;
    size_t absolute_count, absolute_at;
    struct text *upvalues;
    size_t upvalue_count;
    int first_line;
};

static const uint8_t *take(struct chunk *chunk, size_t count)
{
    const uint8_t *at = chunk->data + chunk->at;

    if (chunk->failed || count > chunk->size - chunk->at) {
        chunk->failed = true;
        return NULL;
    }
    chunk->at += count;
    return at;
}

static uint8_t take_byte(struct chunk *chunk)
{
    const uint8_t *byte = take(chunk, 1);

    return byte ? *byte : 0;
}

/* Seven bits a byte, highest first; the last byte has its top bit set. */
static size_t take_size(struct chunk *chunk)
{
    size_t value = 0;

    for (unsigned i = 0; i < 10; i++) {
        uint8_t byte = take_byte(chunk);
        value = (value << 7) | (byte & 0x7f);
        if (byte & 0x80)
            return value;
        if (chunk->failed)
            return 0;
    }
    chunk->failed = true;
    return 0;
}

/* A count of things of at least `each` bytes: never more than could follow. */
static size_t take_count(struct chunk *chunk, size_t each)
{
    size_t count = take_size(chunk);

    if (count > (chunk->size - chunk->at) / each) {
        chunk->failed = true;
        return 0;
    }
    return count;
}

static struct text take_text(struct chunk *chunk)
{
    size_t size = take_size(chunk);

    if (size == 0)
        return (struct text){0};
    return (struct text){.data = take(chunk, size - 1), .size = size - 1};
}

static struct text *take_texts(struct chunk *chunk, size_t count)
{
    struct text *texts = calloc(count ? count : 1, sizeof *texts);

    if (!texts)
        chunk->failed = true;
    return texts;
}

static void read_constants(struct chunk *chunk, struct function *function)
{
    function->constant_count = take_count(chunk, 1);
    function->constants = take_texts(chunk, function->constant_count);
    for (size_t i = 0; i < function->constant_count && !chunk->failed; i++) {
        switch (take_byte(chunk)) {
        case TYPE_INTEGER:
        case TYPE_NUMBER:
            take(chunk, 8);
            break;
        case TYPE_SHORT:
        case TYPE_LONG:
            function->constants[i] = take_text(chunk);
            break;
        case TYPE_NIL:
        case TYPE_FALSE:
        case TYPE_TRUE:
            break;
        default:
            chunk->failed = true;
        }
    }
}

static void read_debug(struct chunk *chunk, struct function *function)
{
    size_t count;

    function->line_step_count = take_count(chunk, 1);
    function->line_steps = (const int8_t *)take(chunk, function->line_step_count);
    function->absolute_count = take_count(chunk, 2);
    function->absolute_at = chunk->at;
    for (size_t i = 0; i < function->absolute_count && !chunk->failed; i++) {
        take_size(chunk);
        take_size(chunk);
    }
    count = take_count(chunk, 3); /* local variables: name, first, last instruction */
    for (size_t i = 0; i < count && !chunk->failed; i++) {
        take_text(chunk);
        take_size(chunk);
        take_size(chunk);
    }
    count = take_count(chunk, 1);
    function->upvalues = take_texts(chunk, count);
    function->upvalue_count = count;
    for (size_t i = 0; i < count && !chunk->failed; i++)
        function->upvalues[i] = take_text(chunk);
}

/* The absolute line recorded for instruction `index`; every use has one when its step is -128. */
static int absolute_line(const struct chunk *chunk, const struct function *function, size_t index)
{
    struct chunk reader = *chunk;

    reader.at = function->absolute_at;
    reader.failed = false;
    for (size_t i = 0; i < function->absolute_count; i++) {
        size_t instruction = take_size(&reader);
        size_t line = take_size(&reader);
        if (instruction == index)
            return (int)line;
    }
    return 0;
}

static void report(const struct chunk *chunk, enum bytecode_use use, struct text name, int line)
{
    char text[NAME_SIZE];
    size_t size = name.size < sizeof text - 1 ? name.size : sizeof text - 1;

    memcpy(text, name.data, size);
    text[size] = '\0';
    chunk->on_use(chunk->arg, use, text, line);
}

static bool is_environment(const struct function *function, size_t upvalue)
{
    return upvalue < function->upvalue_count && function->upvalues[upvalue].size == 4 &&
           memcmp(function->upvalues[upvalue].data, "_ENV", 4) == 0;
}

static void look_at(const struct chunk *chunk, const struct function *function,
                    uint32_t instruction, int line)
{
    size_t a = instruction >> 7 & 0xff, b = instruction >> 16 & 0xff, c = instruction >> 24 & 0xff;
    bool c_is_constant = instruction >> 15 & 1;
    enum bytecode_use use;
    size_t constant;

    switch (instruction & 0x7f) {
    case OP_GETTABUP:
        if (!is_environment(function, b))
            return;
        use = BYTECODE_GLOBAL_READ;
        constant = c;
        break;
    case OP_SETTABUP:
        if (!is_environment(function, a))
            return;
        use = BYTECODE_GLOBAL_WRITE;
        constant = b;
        break;
    case OP_SETFIELD:
        use = BYTECODE_FIELD_WRITE;
        constant = b;
        break;
    case OP_SELF:
        if (!c_is_constant)
            return;
        use = BYTECODE_METHOD;
        constant = c;
        break;
    default:
        return;
    }
    if (constant < function->constant_count && function->constants[constant].data)
        report(chunk, use, function->constants[constant], line);
}

static void walk_code(const struct chunk *chunk, const struct function *function)
{
    int line = function->first_line;

    for (size_t i = 0; i < function->code_size; i++) {
        uint32_t instruction;
        if (i < function->line_step_count) {
            if (function->line_steps[i] == INT8_MIN)
                line = absolute_line(chunk, function, i);
            else
                line += function->line_steps[i];
        }
        memcpy(&instruction, function->code + 4 * i, sizeof instruction);
        look_at(chunk, function, instruction, line);
    }
}

static void read_function(struct chunk *chunk)
{
    struct function function = {0};
    size_t inner;

    if (++chunk->nesting > NESTING_MAX)
        chunk->failed = true;
    take_text(chunk); /* source; none when it is the outer function's */
    function.first_line = (int)take_size(chunk);
    take_size(chunk); /* last line */
    take(chunk, 3);   /* parameters, vararg, stack size */
    function.code_size = take_count(chunk, 4);
    function.code = take(chunk, 4 * function.code_size);
    read_constants(chunk, &function);
    inner = take_count(chunk, 3); /* upvalues: in stack, index, kind */
    take(chunk, 3 * inner);
    inner = take_count(chunk, 1);
    for (size_t i = 0; i < inner && !chunk->failed; i++)
        read_function(chunk);
    read_debug(chunk, &function);
    if (!chunk->failed)
        walk_code(chunk, &function);
    free(function.constants);
    free(function.upvalues);
    chunk->nesting--;
}

enum status bytecode_scan(const void *data, size_t size, bytecode_use_fn *on_use, void *arg)
{
    struct chunk chunk = {.data = data, .size = size, .on_use = on_use, .arg = arg};
    const uint8_t *header = take(&chunk, sizeof HEADER);

    if (!header || memcmp(header, HEADER, sizeof HEADER) != 0)
        return STATUS_MALFORMED;
    take(&chunk, SAMPLE_SIZE);
    take_byte(&chunk);
    read_function(&chunk);
    return chunk.failed ? STATUS_MALFORMED : STATUS_OK;
}
