/* From the store into memory at start: the directory, the living tokens; and the fixture's tools.
 */
#ifndef CASELOAD_SERVER_SERVER_DATA_H
#define CASELOAD_SERVER_SERVER_DATA_H

#include <stddef.h>
#include <stdint.h>

#include "reference-server/auth/token_table.h"
#include "reference-server/domain/directory.h"
#include "reference-server/store/store.h"

MUST_CHECK enum status server_data_load_fixture(struct store *store, const char *path,
                                                struct failure *failure);
/* `now_us` since 1970. `ret_cost`: of the stored passwords, "normal" when none is noted. */
MUST_CHECK enum status server_data_read(struct store *store, int64_t now_us,
                                        struct directory *directory, struct token_table *tokens,
                                        char *ret_cost, size_t cost_size, struct failure *failure);

#endif
