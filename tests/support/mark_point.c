/* Check writes a message for every assertion that holds and reads them all when the test ends: a
 * third of the time of a suite that asserts in loops. They only tell where a test was before it
 * crashed, which a sanitizer tells better. Linked with --wrap into sanitized tests, see
 * targets.cmake. */
void __wrap__mark_point(const char *file, int line);
void __wrap__mark_point(const char *file, int line)
{
    (void)file;
    (void)line;
}
