/* The heap of a program: mimalloc, where it was linked, takes the place of the C library's malloc.
 * docs/decisions/0010. */
#ifndef CASELOAD_BASE_ALLOCATOR_H
#define CASELOAD_BASE_ALLOCATOR_H

/* "mimalloc 2.0.9", or "libc" where the program was built without. */
const char *allocator_name(void);

#endif
