/* Tells moments in the life of a member by what it does to its disk and says to others (LD_PRELOAD),
 * and ends it at one of them. What a call is, its bytes tell: rows of the journal's batches, kinds
 * of the messages between members, headers of the replies to clients.
 *
 * POINTS_ROOT     the member's folder; without it nothing is done
 * POINTS_CONTROL  a file that is shared with whoever says which moment (struct control, below)
 * POINTS_MEMBER   the member's number; POINTS_PORT its clients' port
 *
 * The names of the moments (enum) are handed in by the compiler's command line: see points.py. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOMENTS };
enum { IDLE, ARMED, HIT };
enum { BEFORE, AFTER, TORN };
#define STEPS 8
struct control {
    volatile uint32_t state, how, steps, step; /* `step`: how many were seen */
    struct { uint32_t moment, times; } at[STEPS]; /* `times`: still to come */
};

static char root[PATH_MAX];
static size_t root_bytes;
static uint64_t member;
static int port;
static struct control *control;
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static __thread int ends_after; /* the call under way is the point, and is let through first */

/* Read the environment (again); a process that was forked calls it before it begins. */
__attribute__((constructor)) void shim_begin(void) {
    const char *text = getenv("POINTS_ROOT"), *shared = getenv("POINTS_CONTROL");
    root_bytes = 0;
    if (!text || !shared || strlen(text) >= sizeof root) return;
    int file = syscall(SYS_openat, AT_FDCWD, shared, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void *there = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    syscall(SYS_close, file);
    if (there == MAP_FAILED) return;
    control = there;
    strcpy(root, text);
    member = (text = getenv("POINTS_MEMBER")) ? atol(text) : 0;
    port = (text = getenv("POINTS_PORT")) ? atoi(text) : 0;
    root_bytes = strlen(root);
}

static void die(void) {
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;) pause();
}

/* One of the steps to the point may be this call. TORN: half of it is to be done. */
static int meet(uint64_t seen) {
    ends_after = 0;
    if (!seen || control->state != ARMED) return BEFORE;
    int how = BEFORE, last = 0;
    pthread_mutex_lock(&guard);
    if (control->state == ARMED && seen >> control->at[control->step].moment & 1)
        if (!--control->at[control->step].times && ++control->step == control->steps) {
            control->state = HIT;
            last = 1;
            how = control->how;
        }
    pthread_mutex_unlock(&guard);
    if (last && how == BEFORE) die();
    ends_after = last && how == AFTER;
    return how;
}

#define BIT(moment) ((uint64_t)1 << (moment))
#define DONE(result) { long got = (result); if (ends_after) die(); return got; }

/* ---- the disk */

static uint64_t big(const unsigned char *at, int bytes) {
    uint64_t value = 0;
    while (bytes--) value = value << 8 | *at++;
    return value;
}

/* What a path is called below the folder; "" if it is not there. */
static const char *below(const char *path) {
    if (strncmp(path, root, root_bytes) || path[root_bytes] != '/') return "";
    return path + root_bytes + 1;
}

static const char *of_file(int file, char *path) {
    char name[40];
    int before = errno;
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, name, path, PATH_MAX - 1);
    errno = before;
    path[length < 0 ? 0 : length] = 0;
    return below(path);
}

static int ends_with(const char *name, const char *end) {
    size_t length = strlen(name), wanted = strlen(end);
    return length >= wanted && !strcmp(name + length - wanted, end);
}

static int is_log(const char *name) { return !strncmp(name, "journal/", 8) && ends_with(name, ".log"); }
static int is_table(const char *name, const char *folder) {
    return !strncmp(name, folder, strlen(folder)) && ends_with(name, ".sst");
}

/* The next place behind a row's begin: its tag, the length of its key, its key. */
static const unsigned char *row(const unsigned char *at, const unsigned char *end, const char *begin, size_t bytes) {
    const unsigned char *found = at < end ? memmem(at, end - at, begin, bytes) : NULL;
    return found ? found + bytes : NULL;
}

/* A batch of the journal: see hikari.store.journal for the rows. */
static uint64_t of_batch(const unsigned char *at, size_t bytes) {
    const unsigned char *end = at + bytes, *found, *state = row(at, end, "\x01\x01H\x14", 4);
    uint64_t seen = 0;
    if (row(at, end, "\x01\x01" "B", 3)) return state ? BIT(INSTALL) : BIT(CUT);
    if (state && end - state >= 20) { /* checksum, term, vote */
        uint64_t vote = big(state + 12, 8);
        if (vote) seen |= vote == member ? BIT(CANDIDACY) : BIT(VOTE);
    }
    for (found = at; (found = row(found, end, "\x01\x09L", 3)) && end - found > 8;)
        seen |= BIT(APPEND) | (found[8] == 24 ? BIT(FIRST_ENTRY) : 0);
    if (seen & BIT(APPEND) && row(at, end, "\x0f\x09L", 3)) seen |= BIT(REPLACE);
    return seen;
}

static uint64_t of_write(int file, const void *from, size_t bytes) {
    char path[PATH_MAX];
    if (!root_bytes || control->state != ARMED) return 0;
    const char *name = of_file(file, path);
    if (is_log(name)) return of_batch(from, bytes);
    return !strcmp(name, "watermark") ? BIT(MARK) : 0;
}

static uint64_t of_sync(int file) {
    char path[PATH_MAX];
    if (!root_bytes || control->state != ARMED) return 0;
    const char *name = of_file(file, path);
    if (is_log(name)) return BIT(SYNC);
    if (!strcmp(name, "watermark")) return BIT(SECURE);
    if (is_table(name, "journal/")) return BIT(LOG_TABLE);
    return is_table(name, "tree-") ? BIT(TABLE) : 0;
}

#define WRITES(call, parameters, number, ...)                       \
    ssize_t call parameters {                                       \
        if (meet(of_write(file, from, bytes)) == TORN) {            \
            bytes /= 2;                                             \
            syscall(number, __VA_ARGS__);                           \
            die();                                                  \
        }                                                           \
        DONE(syscall(number, __VA_ARGS__))                          \
    }
WRITES(write, (int file, const void *from, size_t bytes), SYS_write, file, from, bytes)
WRITES(pwrite64, (int file, const void *from, size_t bytes, off_t at), SYS_pwrite64, file, from, bytes, at)
WRITES(pwrite, (int file, const void *from, size_t bytes, off_t at), SYS_pwrite64, file, from, bytes, at)

int fsync(int file) { meet(of_sync(file)); DONE(syscall(SYS_fsync, file)) }
int fdatasync(int file) { meet(of_sync(file)); DONE(syscall(SYS_fdatasync, file)) }

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    uint64_t seen = 0;
    if (root_bytes) {
        const char *name = below(to);
        seen = is_log(name) ? BIT(LOG_REUSED) : 0;
        if (!strcmp(name, "journal")) seen = BIT(JOURNAL_NAMED);
        if (!strcmp(name, "watermark")) seen = BIT(WATERMARK_NAMED);
        if (!strncmp(name, "tree-", 5) && !strchr(name, '/')) seen = BIT(TREE_NAMED);
    }
    meet(seen);
    DONE(syscall(SYS_renameat2, from_folder, from, to_folder, to, 0))
}
int rename(const char *from, const char *to) { return renameat(AT_FDCWD, from, AT_FDCWD, to); }

/* Python removes a folder's files by their names in it: there the folder is asked. */
int unlinkat(int folder, const char *name, int how) {
    char path[PATH_MAX];
    const char *whole = "";
    if (root_bytes && control->state == ARMED)
        whole = *name == '/' ? below(name) : folder == AT_FDCWD ? "" : of_file(folder, path);
    meet(!strncmp(whole, "tree-", 5) ? BIT(TREE_GOES) : 0);
    DONE(syscall(SYS_unlinkat, folder, name, how))
}
int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }
int rmdir(const char *name) { return unlinkat(AT_FDCWD, name, AT_REMOVEDIR); }

int mkdir(const char *name, mode_t access) {
    int tree = root_bytes && !strncmp(below(name), "tree-", 5);
    int there = tree && !syscall(SYS_faccessat, AT_FDCWD, name, F_OK);
    meet(tree && !there ? BIT(TREE_MADE) : 0);
    DONE(syscall(SYS_mkdirat, AT_FDCWD, name, access))
}

/* ---- the peers and the clients */

/* How many values an array holds; it is moved behind its head. -1: it is none. */
static long array(const unsigned char **at, const unsigned char *end) {
    const unsigned char *p = *at;
    if (p >= end) return -1;
    if (*p >> 4 == 9) return *at = p + 1, *p & 15;
    int bytes = *p == 0xdc ? 2 : *p == 0xdd ? 4 : 0;
    if (!bytes || end - p <= bytes) return -1;
    *at = p + 1 + bytes;
    return big(p + 1, bytes);
}

/* Behind one value of msgpack; NULL: it is not all there. */
static const unsigned char *skip(const unsigned char *at, const unsigned char *end) {
    if (!at || at >= end) return NULL;
    const unsigned char tag = *at, *p = at;
    long many = array(&p, end);
    if (many >= 0) {
        while (many-- && p) p = skip(p, end);
        return p;
    }
    uint64_t bytes = 0;
    if (tag >> 5 == 5) bytes = tag & 31; /* text */
    else if (tag >= 0xc4 && tag <= 0xc6) { int head = 1 << (tag - 0xc4); if (end - at <= head) return NULL; bytes = head + big(at + 1, head); }
    else if (tag >= 0xd9 && tag <= 0xdb) { int head = 1 << (tag - 0xd9); if (end - at <= head) return NULL; bytes = head + big(at + 1, head); }
    else if (tag >= 0xcc && tag <= 0xcf) bytes = 1 << (tag - 0xcc);
    else if (tag >= 0xd0 && tag <= 0xd3) bytes = 1 << (tag - 0xd0);
    return (uint64_t)(end - at) > bytes ? at + 1 + bytes : NULL;
}

static const unsigned char *field(const unsigned char *at, const unsigned char *end, int number) {
    while (number-- && at) at = skip(at, end);
    return at && at < end ? at : NULL;
}

static int is(const unsigned char *at, unsigned char value) { return at && *at == value; }
#define TRUE 0xc3
#define FALSE 0xc2

static uint64_t of_append(const unsigned char *records, const unsigned char *end) {
    uint64_t seen = 0;
    long many = records ? array(&records, end) : 0;
    for (; many > 0 && records && end - records > 2; many--) {
        seen |= BIT(SAY_APPEND) | (records[0] == 0xc4 && records[1] == 24 ? BIT(SAY_FIRST_ENTRY) : 0);
        records = skip(records, end);
    }
    return seen;
}

/* One message, whose fields begin here: see hikari.peers.codec for the kinds. */
static uint64_t of_message(int kind, const unsigned char *at, const unsigned char *end) {
    const unsigned char *number;
    switch (kind) {
    case 10: return of_append(field(at, end, 7), end);
    case 11: return is(field(at, end, 3), TRUE) ? BIT(SAY_ACKNOWLEDGED) : 0;
    case 12: return is(field(at, end, 4), FALSE) ? BIT(SAY_STANDS) : 0;
    case 13: return is(field(at, end, 2), TRUE) && is(field(at, end, 3), FALSE) ? BIT(SAY_VOTE) : 0;
    case 14: return BIT(SAY_READ);
    case 15: return BIT(SAY_READ_INDEX);
    case 16: return BIT(SAY_PIECE) | (is(field(at, end, 6), TRUE) ? BIT(SAY_LAST_PIECE) : 0);
    case 17: number = field(at, end, 3); return number && *number < 0xe0 ? BIT(SAY_KEPT) : 0;
    case 18: return BIT(SAY_FORWARD);
    default: return 0;
    }
}

static uint64_t of_frame(const unsigned char *at, size_t bytes) {
    const unsigned char *end = at + bytes;
    if (bytes < 15) return 0;
    at += 12; /* length and checksum */
    uint64_t seen = 0;
    long many = array(&at, end);
    for (; many > 0 && at && at < end; many--) {
        const unsigned char *fields = at;
        if (array(&fields, end) < 1 || fields >= end) break;
        seen |= of_message(*fields, fields + 1, end);
        at = skip(at, end);
    }
    return seen;
}

/* A reply to a request that was done; not to a ping, not an event, not the first of a connection. */
static uint64_t of_reply(const unsigned char *at, size_t bytes) {
    if (bytes < 20 || big(at, 4) + 4 > bytes) return 0;
    return (int32_t)big(at + 4, 4) > 0 && !big(at + 16, 4) ? BIT(ANSWER) : 0;
}

ssize_t send(int file, const void *from, size_t bytes, int how) {
    uint64_t seen = 0;
    if (root_bytes && control->state == ARMED) {
        struct sockaddr_in here = {0};
        socklen_t length = sizeof here;
        int before = errno;
        getsockname(file, (struct sockaddr *)&here, &length);
        errno = before;
        seen = ntohs(here.sin_port) == port ? of_reply(from, bytes) : of_frame(from, bytes);
    }
    meet(seen);
    DONE(syscall(SYS_sendto, file, from, bytes, how, NULL, 0))
}
