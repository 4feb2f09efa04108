/* Preloaded into a member: fsync and fdatasync of files below SLOW_FOLDER first sleep for as many
   milliseconds as the file SLOW_MS says, read anew each time. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void linger(int fd) {
    const char *folder = getenv("SLOW_FOLDER"), *control = getenv("SLOW_MS");
    char link[64], path[4096], text[32];
    if (!folder || !control) return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return;
    path[length] = 0;
    if (strncmp(path, folder, strlen(folder))) return;
    int file = open(control, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    length = read(file, text, sizeof text - 1);
    close(file);
    if (length <= 0) return;
    text[length] = 0;
    long ms = atol(text);
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&left, &left)) ;
}

int fsync(int fd) {
    static int (*real)(int);
    if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    linger(fd);
    return real(fd);
}

int fdatasync(int fd) {
    static int (*real)(int);
    if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    linger(fd);
    return real(fd);
}
