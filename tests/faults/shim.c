/* Stands between a member and its disk (LD_PRELOAD), and does at one chosen point what a disk, or
 * a death, can do there. Only files below SHIM_ROOT count, without logs that are text.
 *
 * SHIM_ROOT    the folder; without it nothing is done
 * SHIM_TRACE   a file outside of it: a line for the point that was hit, or for every point if
 *              SHIM_POINT is 0
 * SHIM_POINT   the number of the point, from 1; calls are counted as they begin
 * SHIM_MODE    kill       die before the call            after     die when it is done
 *              torn       die with half of it written    (a call that writes nothing: as kill)
 *              eio        fail once                      eio-on    fail from there on
 *              enospc     fail once                      enospc-on fail from there on
 *              enospc-flag  fail from there on, while the file SHIM_FLAG exists
 *              eio-flag   an fsync fails once each time that the file SHIM_FLAG appears, and
 *                         removes it
 *              short      write half and say so, then fail once with ENOSPC
 *              delay      wait SHIM_MS first             delay-on  the same from there on
 *              nosync     from there on an fsync does nothing, and says that it did
 *
 * Calls go to the kernel directly, so that no other library is looked up. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum mode { NONE, KILL, AFTER, TORN, EIO_1, EIO_ON, FULL_1, FULL_ON, FULL_FLAG, SHORT, DELAY, DELAY_ON, NOSYNC, EIO_FLAG };
static const char *const names[] = {"", "kill", "after", "torn", "eio", "eio-on", "enospc",
    "enospc-on", "enospc-flag", "short", "delay", "delay-on", "nosync", "eio-flag"};
enum kind { WRITES, GROWS, SYNCS, NAMES }; /* what a call does; a full disk refuses the first two */

static char root[PATH_MAX], flag[PATH_MAX];
static size_t root_bytes;
static int trace = -1;
static long point, milliseconds;
static enum mode mode;
static atomic_long counted, refused;

/* Read the environment (again); a process that was forked calls it before it begins. */
__attribute__((constructor)) void shim_begin(void) {
    const char *text = getenv("SHIM_ROOT");
    root_bytes = 0;
    mode = NONE;
    atomic_store(&counted, 0);
    atomic_store(&refused, 0);
    if (trace >= 0) syscall(SYS_close, trace);
    trace = -1;
    if (!text || !*text || strlen(text) >= sizeof root) return;
    strcpy(root, text);
    if ((text = getenv("SHIM_FLAG")) && strlen(text) < sizeof flag) strcpy(flag, text);
    point = (text = getenv("SHIM_POINT")) ? atol(text) : 0;
    milliseconds = (text = getenv("SHIM_MS")) ? atol(text) : 0;
    if ((text = getenv("SHIM_TRACE")))
        trace = syscall(SYS_openat, AT_FDCWD, text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if ((text = getenv("SHIM_MODE")))
        for (int one = KILL; one <= EIO_FLAG; one++)
            if (!strcmp(text, names[one])) mode = one;
    root_bytes = strlen(root);
}

static int counts(const char *path) {
    if (strncmp(path, root, root_bytes) || path[root_bytes] != '/') return 0;
    const char *name = strrchr(path, '/') + 1;
    return strcmp(name, "LOG") && strncmp(name, "LOG.old", 7) && strcmp(name, "log");
}

static void say(long number, const char *call, const char *path, size_t bytes) {
    char line[PATH_MAX + 80];
    int length = snprintf(line, sizeof line, "%ld %s %zu %s\n", number, call, bytes, path + root_bytes + 1);
    if (trace >= 0 && length > 0 && length < (int)sizeof line) syscall(SYS_write, trace, line, length);
}

static void die(void) {
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;) pause();
}

/* What to do with this call: 0 nothing, an errno to fail with, or one of the modes as -mode. */
static int meet(const char *call, const char *path, size_t bytes, enum kind kind) {
    if (!root_bytes || !counts(path)) return 0;
    long now = atomic_fetch_add(&counted, 1) + 1;
    if (!point) say(now, call, path, bytes);
    if (!point || now < point || mode == NONE) return 0;
    if (now == point) say(now, call, path, bytes);
    int here = now == point;
    struct timespec pause_for = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    switch (mode) {
    case KILL: if (here) die(); return 0;
    case AFTER: return here ? -AFTER : 0;
    case TORN: if (here && kind != WRITES) die(); return here ? -TORN : 0;
    case EIO_1: return here ? EIO : 0;
    case EIO_ON: return EIO;
    case FULL_1: return here && kind <= GROWS ? ENOSPC : 0;
    case FULL_ON: return kind <= GROWS ? ENOSPC : 0;
    case FULL_FLAG: return kind <= GROWS && !syscall(SYS_faccessat, AT_FDCWD, flag, F_OK) ? ENOSPC : 0;
    case SHORT:
        if (here) return kind == WRITES && bytes > 1 ? -SHORT : 0;
        return kind <= GROWS && !atomic_fetch_add(&refused, 1) ? ENOSPC : 0;
    case DELAY: if (here) nanosleep(&pause_for, NULL); return 0;
    case DELAY_ON: nanosleep(&pause_for, NULL); return 0;
    case EIO_FLAG: /* of all threads that sync now, only one can remove it */
        return kind == SYNCS && !syscall(SYS_unlinkat, AT_FDCWD, flag, 0) ? EIO : 0;
    case NOSYNC: return kind == SYNCS ? -NOSYNC : 0;
    default: return 0;
    }
}

static int meet_open(const char *call, int file, size_t bytes, enum kind kind) {
    if (!root_bytes) return 0;
    char name[40], path[PATH_MAX];
    int before = errno;
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, name, path, sizeof path - 1);
    errno = before;
    if (length < 0) return 0;
    path[length] = 0;
    return meet(call, path, bytes, kind);
}

static int meet_name(const char *call, int folder, const char *name) {
    char path[PATH_MAX];
    if (!root_bytes) return 0;
    if (*name == '/') return meet(call, name, 0, NAMES);
    if (folder == AT_FDCWD) return 0; /* members name their files in full */
    char link[40];
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    if (length < 0 || length + strlen(name) + 2 > sizeof path) return 0;
    path[length] = '/';
    strcpy(path + length + 1, name);
    return meet(call, path, 0, NAMES);
}

#define FAIL(met) if ((met) > 0) { errno = (met); return -1; }
#define DONE(met, result) { long got = (result); if ((met) == -AFTER) die(); return got; }

ssize_t write(int file, const void *from, size_t bytes) {
    int met = meet_open("write", file, bytes, WRITES);
    FAIL(met)
    if (met == -TORN) { syscall(SYS_write, file, from, bytes / 2); die(); }
    if (met == -SHORT) bytes /= 2;
    DONE(met, syscall(SYS_write, file, from, bytes))
}

ssize_t pwrite64(int file, const void *from, size_t bytes, off_t at) {
    int met = meet_open("pwrite", file, bytes, WRITES);
    FAIL(met)
    if (met == -TORN) { syscall(SYS_pwrite64, file, from, bytes / 2, at); die(); }
    if (met == -SHORT) bytes /= 2;
    DONE(met, syscall(SYS_pwrite64, file, from, bytes, at))
}
ssize_t pwrite(int file, const void *from, size_t bytes, off_t at) { return pwrite64(file, from, bytes, at); }

static size_t bytes_of(const struct iovec *parts, int count) {
    size_t bytes = 0;
    for (int n = 0; n < count; n++) bytes += parts[n].iov_len;
    return bytes;
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    int met = meet_open("writev", file, bytes_of(parts, count), WRITES);
    FAIL(met)
    if (met == -TORN || met == -SHORT) {
        ssize_t got = syscall(SYS_write, file, parts->iov_base, parts->iov_len / 2);
        if (met == -TORN) die();
        return got;
    }
    DONE(met, syscall(SYS_writev, file, parts, count))
}

ssize_t pwritev64(int file, const struct iovec *parts, int count, off_t at) {
    int met = meet_open("pwritev", file, bytes_of(parts, count), WRITES);
    FAIL(met)
    if (met == -TORN || met == -SHORT) {
        ssize_t got = syscall(SYS_pwrite64, file, parts->iov_base, parts->iov_len / 2, at);
        if (met == -TORN) die();
        return got;
    }
    DONE(met, syscall(SYS_pwritev, file, parts, count, at, 0))
}
ssize_t pwritev(int file, const struct iovec *parts, int count, off_t at) { return pwritev64(file, parts, count, at); }

#define SYNC(name, number)                                   \
    int name(int file) {                                     \
        int met = meet_open(#name, file, 0, SYNCS);          \
        FAIL(met)                                            \
        if (met == -NOSYNC) return 0;                        \
        DONE(met, syscall(number, file))                     \
    }
SYNC(fsync, SYS_fsync)
SYNC(fdatasync, SYS_fdatasync)

int sync_file_range(int file, off64_t at, off64_t bytes, unsigned how) {
    int met = meet_open("sync_file_range", file, 0, SYNCS);
    FAIL(met)
    if (met == -NOSYNC) return 0;
    DONE(met, syscall(SYS_sync_file_range, file, at, bytes, how))
}

int ftruncate64(int file, off_t bytes) {
    int met = meet_open("ftruncate", file, bytes, NAMES);
    FAIL(met)
    DONE(met, syscall(SYS_ftruncate, file, bytes))
}
int ftruncate(int file, off_t bytes) { return ftruncate64(file, bytes); }

int fallocate64(int file, int how, off_t at, off_t bytes) {
    int met = meet_open("fallocate", file, bytes, GROWS);
    FAIL(met)
    DONE(met, syscall(SYS_fallocate, file, how, at, bytes))
}
int fallocate(int file, int how, off_t at, off_t bytes) { return fallocate64(file, how, at, bytes); }

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    int met = meet_name("rename", to_folder, to);
    FAIL(met)
    DONE(met, syscall(SYS_renameat2, from_folder, from, to_folder, to, 0))
}
int rename(const char *from, const char *to) { return renameat(AT_FDCWD, from, AT_FDCWD, to); }

int unlinkat(int folder, const char *name, int how) {
    int met = meet_name(how & AT_REMOVEDIR ? "rmdir" : "unlink", folder, name);
    FAIL(met)
    DONE(met, syscall(SYS_unlinkat, folder, name, how))
}
int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }
int rmdir(const char *name) { return unlinkat(AT_FDCWD, name, AT_REMOVEDIR); }
int mkdir(const char *name, mode_t access) {
    int there = !syscall(SYS_faccessat, AT_FDCWD, name, F_OK); /* then nothing is written */
    int met = there ? 0 : meet_name("mkdir", AT_FDCWD, name);
    FAIL(met)
    DONE(met, syscall(SYS_mkdirat, AT_FDCWD, name, access))
}
