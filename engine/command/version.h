/* What this program is made of: its own version, the schemas', the libraries'. */
#ifndef CASELOAD_VERSION_H
#define CASELOAD_VERSION_H

#include <stdio.h>

void version_print(FILE *out);

#endif
