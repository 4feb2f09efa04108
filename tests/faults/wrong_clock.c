/* A wall clock that is ahead of the true one by as many nanoseconds as stand in a mapped file.

   For LD_PRELOAD. libfaketime takes waits on the monotonic clock for waits on the wall clock once
   that is set: Python, which waits so for its own lock, then may hang for as long as the clock was set
   back (suspected, never reproduced). So this leaves the monotonic clock alone, and whoever waits for a moment of the wall
   clock waits for what that moment is in true time. A deadline beyond 2001 is one of the wall
   clock; the monotonic clock counts from the start of the machine. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000LL

static volatile int64_t *mapped;
static int (*timedwait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("HIKARI_WRONG_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    timedwait = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2"); /* the newer of two */
    if (!timedwait)
        timedwait = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    if (file >= 0) {
        void *there = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
        if (there != MAP_FAILED)
            mapped = there;
        close(file);
    }
}

static void shift(struct timespec *moment, int sign)
{
    int64_t ns = moment->tv_sec * SECOND + moment->tv_nsec + sign * (mapped ? *mapped : 0);
    moment->tv_sec = ns / SECOND;
    moment->tv_nsec = ns % SECOND;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int failed = syscall(SYS_clock_gettime, clock, now);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        shift(now, 1);
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec moment;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &moment);
    now->tv_sec = moment.tv_sec;
    now->tv_usec = moment.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *now)
{
    struct timespec moment;
    clock_gettime(CLOCK_REALTIME, &moment);
    if (now)
        *now = moment.tv_sec;
    return moment.tv_sec;
}

int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict deadline)
{
    struct timespec moment = *deadline;
    if (moment.tv_sec > SECOND)
        shift(&moment, -1);
    return timedwait(condition, mutex, &moment);
}
