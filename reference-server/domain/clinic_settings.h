/* What administrators set for a clinic and for all clinics of an organisation (ORG-08 to ORG-13).
 * Plain values: to copy one is to assign it. */
#ifndef CASELOAD_SERVER_CLINIC_SETTINGS_H
#define CASELOAD_SERVER_CLINIC_SETTINGS_H

#include <stdbool.h>

/* X(id, name in the protocol and the store): what the screen of a call offers. */
#define CALL_OPTION_LIST(X)                                                                        \
    X(BACKGROUND_BLUR, "background_blur")                                                          \
    X(FULL_SCREEN, "full_screen")                                                                  \
    X(RAISE_HAND, "raise_hand")

/* Tools beside the call. */
#define ADD_ON_LIST(X)                                                                             \
    X(DOCUMENTS, "documents")                                                                      \
    X(REQUEST_INTERPRETER, "request_interpreter")                                                  \
    X(WHITEBOARD, "whiteboard")

enum call_option {
#define X(id, name) CALL_OPTION_##id,
    CALL_OPTION_LIST(X)
#undef X
        CALL_OPTION_COUNT
};
enum add_on {
#define X(id, name) ADD_ON_##id,
    ADD_ON_LIST(X)
#undef X
        ADD_ON_COUNT
};

const char *call_option_name(unsigned option);
const char *add_on_name(unsigned add_on);

/* Bytes with the zero: 80 and 300 characters of UTF-8 fit. */
#define CLINIC_LABEL_SIZE 321
#define CLINIC_WELCOME_SIZE 1201

struct clinic_settings {
    char label[CLINIC_LABEL_SIZE];     /* department or specialty (ORG-04) */
    char welcome[CLINIC_WELCOME_SIZE]; /* what who waits is shown (ORG-13) */
    bool music;                        /* … and hears */
    bool closed;                       /* the waiting area takes nobody in (reading 14, 17) */
    bool call_options[CALL_OPTION_COUNT];
    bool add_ons[ADD_ON_COUNT];
};

/* What an organisation sets goes to all its clinics at once; where it is locked a clinic cannot
 * differ from it afterwards (reading 32). */
struct organisation_settings {
    bool call_options[CALL_OPTION_COUNT];
    bool locked;
    bool report_without_durations; /* its reports tell numbers only */
};

#endif
