#include "engine/script/pattern.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#define FAIL SIZE_MAX
#define OPEN SIZE_MAX /* length of a capture that is not closed yet */
#define ESCAPE '%'

/* One attempt. `outcome` leaves PATTERN_NO_MATCH only for faults; then everything unwinds. */
struct matcher {
    const unsigned char *subject, *pattern;
    size_t size, pattern_size;
    uint64_t *steps;
    enum pattern_result outcome;
    const char *error;
    unsigned depth;
    size_t level; /* captures opened */
    struct pattern_capture captures[PATTERN_CAPTURES_MAX];
};

static size_t match_from(struct matcher *m, size_t s, size_t p);

static size_t malformed(struct matcher *m, const char *error)
{
    if (m->outcome == PATTERN_NO_MATCH) {
        m->outcome = PATTERN_MALFORMED;
        m->error = error;
    }
    return FAIL;
}

static bool faulty(const struct matcher *m)
{
    return m->outcome != PATTERN_NO_MATCH;
}

/* Every comparison of one character is a step. */
static bool spend(struct matcher *m)
{
    if (*m->steps == 0) {
        m->outcome = PATTERN_SPENT;
        return false;
    }
    (*m->steps)--;
    return true;
}

/* ---- single characters: x, ., %a, [set] ---- */

/* Where the set that opens at `p` ends, behind its ']'. */
static size_t set_end(struct matcher *m, size_t p)
{
    p++;
    if (p < m->pattern_size && m->pattern[p] == '^')
        p++;
    do { /* a ']' in first place is an ordinary member */
        if (p >= m->pattern_size)
            return malformed(m, "malformed pattern (missing ']')");
        if (m->pattern[p++] == ESCAPE)
            p++;
    } while (p >= m->pattern_size || m->pattern[p] != ']');
    return p + 1;
}

/* The end of the single-character item at `p`. */
static size_t item_end(struct matcher *m, size_t p)
{
    if (m->pattern[p] == '[')
        return set_end(m, p);
    if (m->pattern[p] != ESCAPE)
        return p + 1;
    if (p + 1 >= m->pattern_size)
        return malformed(m, "malformed pattern (ends with '%')");
    return p + 2;
}

static bool in_class(unsigned char c, unsigned char class)
{
    bool member;

    switch (tolower(class)) {
    case 'a':
        member = isalpha(c);
        break;
    case 'c':
        member = iscntrl(c);
        break;
    case 'd':
        member = isdigit(c);
        break;
    case 'g':
        member = isgraph(c);
        break;
    case 'l':
        member = islower(c);
        break;
    case 'p':
        member = ispunct(c);
        break;
    case 's':
        member = isspace(c);
        break;
    case 'u':
        member = isupper(c);
        break;
    case 'w':
        member = isalnum(c);
        break;
    case 'x':
        member = isxdigit(c);
        break;
    case 'z':
        member = c == '\0';
        break;
    default:
        return class == c;
    }
    return isupper(class) ? !member : member;
}

/* Is `c` in the set between `p` ('[') and `end` (behind ']')? */
static bool in_set(const struct matcher *m, unsigned char c, size_t p, size_t end)
{
    size_t last = end - 1; /* the ']' */
    bool wanted = true;

    p++;
    if (m->pattern[p] == '^') {
        wanted = false;
        p++;
    }
    while (p < last) {
        if (m->pattern[p] == ESCAPE) {
            if (in_class(c, m->pattern[p + 1]))
                return wanted;
            p += 2;
        } else if (p + 2 < last && m->pattern[p + 1] == '-') {
            if (m->pattern[p] <= c && c <= m->pattern[p + 2])
                return wanted;
            p += 3;
        } else {
            if (m->pattern[p] == c)
                return wanted;
            p++;
        }
    }
    return !wanted;
}

static bool item_matches(struct matcher *m, size_t s, size_t p, size_t end)
{
    if (s >= m->size || !spend(m))
        return false;
    switch (m->pattern[p]) {
    case '.':
        return true;
    case ESCAPE:
        return in_class(m->subject[s], m->pattern[p + 1]);
    case '[':
        return in_set(m, m->subject[s], p, end);
    default:
        return m->pattern[p] == m->subject[s];
    }
}

/* ---- repetition ---- */

static size_t longest_first(struct matcher *m, size_t s, size_t p, size_t end)
{
    size_t count = 0;

    while (item_matches(m, s + count, p, end))
        count++;
    for (;;) {
        if (faulty(m))
            return FAIL;
        size_t found = match_from(m, s + count, end + 1);
        if (found != FAIL || count == 0)
            return found;
        count--;
    }
}

static size_t shortest_first(struct matcher *m, size_t s, size_t p, size_t end)
{
    for (;;) {
        size_t found = match_from(m, s, end + 1);
        if (found != FAIL || faulty(m))
            return found;
        if (!item_matches(m, s, p, end))
            return FAIL;
        s++;
    }
}

static size_t optional(struct matcher *m, size_t s, size_t p, size_t end)
{
    if (item_matches(m, s, p, end)) {
        size_t found = match_from(m, s + 1, end + 1);
        if (found != FAIL)
            return found;
    }
    return faulty(m) ? FAIL : match_from(m, s, end + 1);
}

/* ---- captures ---- */

static size_t open_capture(struct matcher *m, size_t s, size_t p, bool position)
{
    if (m->level >= PATTERN_CAPTURES_MAX)
        return malformed(m, "too many captures");
    m->captures[m->level] =
        (struct pattern_capture){.start = s, .length = position ? 0 : OPEN, .position = position};
    m->level++;
    size_t found = match_from(m, s, p);
    if (found == FAIL)
        m->level--;
    return found;
}

static size_t close_capture(struct matcher *m, size_t s, size_t p)
{
    size_t last = m->level;

    while (last > 0 && m->captures[last - 1].length != OPEN)
        last--;
    if (last == 0)
        return malformed(m, "invalid pattern capture");
    m->captures[last - 1].length = s - m->captures[last - 1].start;
    size_t found = match_from(m, s, p);
    if (found == FAIL)
        m->captures[last - 1].length = OPEN;
    return found;
}

/* ---- %b, %f, %1 ---- */

static size_t balanced(struct matcher *m, size_t s, size_t p)
{
    unsigned char opening, closing;
    size_t nested = 1;

    if (p + 1 >= m->pattern_size)
        return malformed(m, "malformed pattern (missing arguments to '%b')");
    opening = m->pattern[p];
    closing = m->pattern[p + 1];
    if (s >= m->size || m->subject[s] != opening)
        return FAIL;
    while (++s < m->size) {
        if (!spend(m))
            return FAIL;
        if (m->subject[s] == closing) {
            if (--nested == 0)
                return match_from(m, s + 1, p + 2);
        } else if (m->subject[s] == opening) {
            nested++;
        }
    }
    return FAIL;
}

static size_t frontier(struct matcher *m, size_t s, size_t p)
{
    unsigned char before, after;
    size_t end;

    if (p >= m->pattern_size || m->pattern[p] != '[')
        return malformed(m, "missing '[' after '%f' in pattern");
    end = set_end(m, p);
    if (end == FAIL)
        return FAIL;
    before = s == 0 ? '\0' : m->subject[s - 1];
    after = s < m->size ? m->subject[s] : '\0';
    if (in_set(m, before, p, end) || !in_set(m, after, p, end))
        return FAIL;
    return match_from(m, s, end);
}

static size_t again(struct matcher *m, size_t s, size_t p, unsigned char digit)
{
    size_t index = (size_t)(digit - '1');

    if (digit == '0' || index >= m->level || m->captures[index].length == OPEN)
        return malformed(m, "invalid capture index in pattern");
    const struct pattern_capture *capture = &m->captures[index];
    if (capture->position || m->size - s < capture->length)
        return FAIL;
    if (*m->steps < capture->length) {
        *m->steps = 0;
        m->outcome = PATTERN_SPENT;
        return FAIL;
    }
    *m->steps -= capture->length;
    if (memcmp(m->subject + capture->start, m->subject + s, capture->length) != 0)
        return FAIL;
    return match_from(m, s + capture->length, p);
}

/* ---- the rest of a pattern against the rest of a subject ---- */

/* Items that match one character and no repetition need no recursion; everything else returns. */
static size_t match_items(struct matcher *m, size_t s, size_t p)
{
    while (p < m->pattern_size && !faulty(m)) {
        unsigned char first = m->pattern[p];
        unsigned char second = p + 1 < m->pattern_size ? m->pattern[p + 1] : '\0';

        if (first == '(')
            return second == ')' ? open_capture(m, s, p + 2, true)
                                 : open_capture(m, s, p + 1, false);
        if (first == ')')
            return close_capture(m, s, p + 1);
        if (first == '$' && p + 1 == m->pattern_size)
            return s == m->size ? s : FAIL;
        if (first == ESCAPE && second == 'b')
            return balanced(m, s, p + 2);
        if (first == ESCAPE && second == 'f')
            return frontier(m, s, p + 2);
        if (first == ESCAPE && isdigit(second))
            return again(m, s, p + 2, second);
        size_t end = item_end(m, p);
        if (end == FAIL)
            return FAIL;
        switch (end < m->pattern_size ? m->pattern[end] : '\0') {
        case '?':
            return optional(m, s, p, end);
        case '*':
            return longest_first(m, s, p, end);
        case '+':
            return item_matches(m, s, p, end) ? longest_first(m, s + 1, p, end) : FAIL;
        case '-':
            return shortest_first(m, s, p, end);
        default:
            break;
        }
        if (!item_matches(m, s, p, end))
            return FAIL;
        s++;
        p = end;
    }
    return faulty(m) ? FAIL : s;
}

static size_t match_from(struct matcher *m, size_t s, size_t p)
{
    if (faulty(m) || !spend(m))
        return FAIL;
    if (m->depth >= PATTERN_DEPTH_MAX)
        return malformed(m, "pattern too complex");
    m->depth++;
    size_t found = match_items(m, s, p);
    m->depth--;
    return found;
}

static enum pattern_result finish(struct matcher *m, size_t start, size_t end,
                                  struct pattern_match *ret_match)
{
    for (size_t i = 0; i < m->level; i++)
        if (m->captures[i].length == OPEN) {
            ret_match->error = "unfinished capture";
            return PATTERN_MALFORMED;
        }
    ret_match->start = start;
    ret_match->end = end;
    ret_match->capture_count = m->level;
    memcpy(ret_match->captures, m->captures, m->level * sizeof *m->captures);
    return PATTERN_MATCHED;
}

enum pattern_result pattern_find(const char *subject, size_t size, size_t from, bool here,
                                 const char *pattern, size_t pattern_size, uint64_t *steps,
                                 struct pattern_match *ret_match)
{
    struct matcher m = {.subject = (const unsigned char *)subject,
                        .pattern = (const unsigned char *)pattern,
                        .size = size,
                        .pattern_size = pattern_size,
                        .steps = steps,
                        .outcome = PATTERN_NO_MATCH};

    ret_match->error = NULL;
    for (size_t start = from; start <= size; start++) {
        m.level = 0;
        m.depth = 0;
        size_t end = match_from(&m, start, 0);
        if (end != FAIL)
            return finish(&m, start, end, ret_match);
        if (faulty(&m)) {
            ret_match->error = m.error;
            return m.outcome;
        }
        if (here)
            break;
    }
    return PATTERN_NO_MATCH;
}
