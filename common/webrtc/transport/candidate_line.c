#include "common/webrtc/transport/candidate_line.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define FIELDS 8 /* foundation, component, transport, priority, address, port, "typ", type */
#define FIELD_SIZE 64

/* The next word; false: none, or one that is longer than any that is understood. */
static bool next_word(const char **text, char word[FIELD_SIZE])
{
    const char *begin = *text + strspn(*text, " ");
    size_t length = strcspn(begin, " \r\n");

    if (length == 0 || length >= FIELD_SIZE)
        return false;
    memcpy(word, begin, length);
    word[length] = '\0';
    *text = begin + length;
    return true;
}

/* Decimal digits only. */
static bool read_number(const char *text, uint64_t max, uint64_t *ret_number)
{
    uint64_t number = 0;

    if (*text == '\0')
        return false;
    for (; *text >= '0' && *text <= '9'; text++) {
        number = number * 10 + (uint64_t)(*text - '0');
        if (number > max)
            return false;
    }
    *ret_number = number;
    return *text == '\0';
}

enum status candidate_line_parse(const char *line, struct sockaddr_in *ret_address,
                                 uint32_t *ret_priority)
{
    char words[FIELDS][FIELD_SIZE];
    struct sockaddr_in address = {.sin_family = AF_INET};
    uint64_t component, priority, port;

    if (strncmp(line, "a=", 2) == 0)
        line += 2;
    if (strncmp(line, "candidate:", 10) != 0)
        return STATUS_MALFORMED;
    line += 10;
    for (size_t i = 0; i < FIELDS; i++)
        if (!next_word(&line, words[i]))
            return STATUS_MALFORMED;
    if (!read_number(words[1], 256, &component) || !read_number(words[3], UINT32_MAX, &priority) ||
        !read_number(words[5], 65535, &port) || strcmp(words[6], "typ") != 0 || priority == 0 ||
        port == 0)
        return STATUS_MALFORMED;
    if (component != 1 || strcasecmp(words[2], "udp") != 0 ||
        inet_pton(AF_INET, words[4], &address.sin_addr) != 1)
        return STATUS_UNSUPPORTED;
    address.sin_port = htons((uint16_t)port);
    *ret_address = address;
    *ret_priority = (uint32_t)priority;
    return STATUS_OK;
}
