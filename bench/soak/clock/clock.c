/* A wall clock that is ahead by the seconds in the file that SOAK_CLOCK names; the monotonic clock stays right, as it does
   when somebody sets a machine's clock. Preloaded (ld.so(8)). libfaketime, which does more, breaks the sleep of Python 3.11. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t ahead(void) {
    char text[24] = {0};
    const char *path = getenv("SOAK_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return 0;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    return length > 0 ? (time_t)atoll(text) : 0;
}
int clock_gettime(clockid_t clock, struct timespec *moment) {
    long failed = syscall(SYS_clock_gettime, clock, moment);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) moment->tv_sec += ahead();
    return (int)failed;
}
int gettimeofday(struct timeval *restrict moment, void *restrict zone) {
    long failed = syscall(SYS_gettimeofday, moment, zone);
    if (!failed && moment) moment->tv_sec += ahead();
    return (int)failed;
}
time_t time(time_t *kept) {
    struct timespec moment;
    clock_gettime(CLOCK_REALTIME, &moment);
    if (kept) *kept = moment.tv_sec;
    return moment.tv_sec;
}
