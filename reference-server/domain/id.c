#include "reference-server/domain/id.h"

#include "common/base/random.h"

static enum status make_secret(void *arg, struct id *ret_id)
{
    (void)arg;
    return random_secret_text(ret_id->text, ID_LENGTH);
}

struct id_source id_source_secret(void)
{
    return (struct id_source){.make = make_secret};
}
