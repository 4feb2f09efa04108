/* The C client's calls, against the addresses that are the first argument; a line for each part. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zookeeper/zookeeper.h>

#define NEED(what) \
    do { \
        if (!(what)) { \
            printf("FAILED line %d: %s\n", __LINE__, #what); \
            exit(1); \
        } \
    } while (0)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t heard = PTHREAD_COND_INITIALIZER;

struct told {
    int type;
    char path[100];
};

static void on_session(zhandle_t *zh, int type, int state, const char *path, void *context) {
    (void)zh, (void)path;
    pthread_mutex_lock(&lock);
    if (type == ZOO_SESSION_EVENT && state == ZOO_CONNECTED_STATE) {
        *(int *)context = 1;
    }
    pthread_cond_broadcast(&heard);
    pthread_mutex_unlock(&lock);
}

static void on_event(zhandle_t *zh, int type, int state, const char *path, void *context) {
    (void)zh, (void)state;
    struct told *told = context;
    pthread_mutex_lock(&lock);
    told->type = type;
    snprintf(told->path, sizeof told->path, "%s", path);
    pthread_cond_broadcast(&heard);
    pthread_mutex_unlock(&lock);
}

static void wait_for(int *what) {
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 20;
    pthread_mutex_lock(&lock);
    while (!*what) {
        NEED(pthread_cond_timedwait(&heard, &lock, &end) == 0);
    }
    pthread_mutex_unlock(&lock);
}

static int synced;

static void on_sync(int rc, const char *path, const void *data) {
    (void)path, (void)data;
    pthread_mutex_lock(&lock);
    synced = rc == ZOK ? 1 : -1;
    pthread_cond_broadcast(&heard);
    pthread_mutex_unlock(&lock);
}

/* Two sessions may be on two members: what one wrote, the other sees only after this. */
static void catch_up(zhandle_t *zh) {
    synced = 0;
    NEED(zoo_async(zh, "/", on_sync, NULL) == ZOK);
    wait_for(&synced);
    NEED(synced == 1);
}

static int up[2];

static zhandle_t *connected(const char *hosts, int number) {
    zhandle_t *zh = zookeeper_init(hosts, on_session, 8000, 0, &up[number], 0);
    NEED(zh);
    wait_for(&up[number]);
    return zh;
}

static void registers(zhandle_t *one, zhandle_t *two) {
    char path[100], data[100];
    int size = sizeof data;
    struct Stat stat;
    NEED(zoo_create(one, "/c", "one", 3, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path) == ZOK);
    NEED(zoo_get(one, "/c", 0, data, &size, &stat) == ZOK && size == 3 && stat.version == 0);
    NEED(zoo_set2(one, "/c", "three", 5, 0, &stat) == ZOK && stat.version == 1);
    NEED(zoo_set(one, "/c", "x", 1, 0) == ZBADVERSION);
    catch_up(two);
    size = sizeof data;
    NEED(zoo_get(two, "/c", 0, data, &size, &stat) == ZOK && size == 5 && !memcmp(data, "three", 5));
    NEED(zoo_exists(one, "/nothing", 0, &stat) == ZNONODE);
    NEED(zoo_create(one, "/c", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path) == ZNODEEXISTS);
    NEED(zoo_delete(one, "/nothing", -1) == ZNONODE);
    NEED(zoo_create(one, "/c/s-", "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_SEQUENCE, path, sizeof path) == ZOK);
    NEED(!strcmp(path, "/c/s-0000000000"));
    NEED(zoo_delete(one, "/c", -1) == ZNOTEMPTY);
    NEED(zoo_create2(one, "/c/t", NULL, -1, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path, &stat) == ZOK);
    NEED(stat.dataLength == 0 && stat.czxid > 0);
    struct String_vector names;
    NEED(zoo_get_children2(one, "/c", 0, &names, &stat) == ZOK && names.count == 2 && stat.numChildren == 2);
    deallocate_String_vector(&names);
    printf("ok registers\n");
}

static void nodes(zhandle_t *one) {
    char path[100];
    NEED(zoo_create(one, "/box", "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_CONTAINER, path, sizeof path) == ZOK);
    NEED(zoo_create_ttl(one, "/ttl", "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_PERSISTENT_WITH_TTL, 60000, path, sizeof path) == ZOK);
    printf("ok containers and time to live\n");
}

static void watches(zhandle_t *one, zhandle_t *two) {
    char path[100];
    struct Stat stat;
    struct told data = {0}, child = {0}, come = {0};
    struct String_vector names;
    int size = 0;
    NEED(zoo_create(one, "/w", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path) == ZOK);
    catch_up(two);
    NEED(zoo_wget(two, "/w", on_event, &data, path, &size, &stat) == ZOK);
    NEED(zoo_wget_children(two, "/w", on_event, &child, &names) == ZOK);
    deallocate_String_vector(&names);
    NEED(zoo_wexists(two, "/come", on_event, &come, &stat) == ZNONODE);
    NEED(zoo_set(one, "/w", "x", 1, -1) == ZOK);
    NEED(zoo_create(one, "/w/below", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path) == ZOK);
    NEED(zoo_create(one, "/come", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path) == ZOK);
    wait_for(&data.type);
    wait_for(&child.type);
    wait_for(&come.type);
    NEED(data.type == ZOO_CHANGED_EVENT && child.type == ZOO_CHILD_EVENT && come.type == ZOO_CREATED_EVENT);
    NEED(!strcmp(come.path, "/come"));
    printf("ok watches\n");
    struct told never = {0};
    NEED(zoo_wget(two, "/w", on_event, &never, path, &size, &stat) == ZOK);
    NEED(zoo_remove_watches(two, "/w", ZWATCHTYPE_DATA, on_event, &never, 0) == ZOK);
    NEED(zoo_remove_watches(two, "/w", ZWATCHTYPE_DATA, on_event, &never, 0) == ZNOWATCHER);
    printf("ok removed watches\n");
}

static void transactions(zhandle_t *one) {
    char path[100];
    struct Stat stat;
    zoo_op_t ops[4];
    zoo_op_result_t results[4];
    zoo_create_op_init(&ops[0], "/m", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path);
    zoo_set_op_init(&ops[1], "/m", "y", 1, 0, &stat);
    zoo_check_op_init(&ops[2], "/m", 1);
    zoo_delete_op_init(&ops[3], "/m", 1);
    NEED(zoo_multi(one, 4, ops, results) == ZOK && stat.version == 1);
    zoo_delete_op_init(&ops[3], "/nothing", -1);
    NEED(zoo_multi(one, 4, ops, results) == ZNONODE && results[3].err == ZNONODE);
    NEED(zoo_exists(one, "/m", 0, &stat) == ZNONODE);
    printf("ok transactions\n");
}

static int authenticated;

static void on_auth(int rc, const void *data) {
    (void)data;
    pthread_mutex_lock(&lock);
    authenticated = rc == ZOK ? 1 : -1;
    pthread_cond_broadcast(&heard);
    pthread_mutex_unlock(&lock);
}

static void permissions(zhandle_t *one, zhandle_t *two) {
    char path[100], data[100];
    int size = sizeof data;
    struct Stat stat;
    struct ACL_vector acl;
    NEED(zoo_add_auth(one, "digest", "bob:secret", 10, on_auth, NULL) == ZOK);
    wait_for(&authenticated);
    NEED(authenticated == 1);
    NEED(zoo_create(one, "/p", "p", 1, &ZOO_CREATOR_ALL_ACL, 0, path, sizeof path) == ZOK);
    catch_up(two);
    NEED(zoo_get(two, "/p", 0, data, &size, &stat) == ZNOAUTH);
    NEED(zoo_get_acl(one, "/p", &acl, &stat) == ZOK && acl.count == 1);
    NEED(!strcmp(acl.data[0].id.scheme, "digest") && !strncmp(acl.data[0].id.id, "bob:", 4));
    deallocate_ACL_vector(&acl);
    NEED(zoo_set_acl(one, "/p", -1, &ZOO_OPEN_ACL_UNSAFE) == ZOK);
    printf("ok permissions\n");
}

static void sessions(zhandle_t *one, zhandle_t *two) {
    char path[100];
    struct Stat stat;
    struct told gone = {0};
    NEED(zoo_create(one, "/e", "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_EPHEMERAL, path, sizeof path) == ZOK);
    catch_up(two);
    NEED(zoo_wexists(two, "/e", on_event, &gone, &stat) == ZOK);
    NEED(stat.ephemeralOwner == zoo_client_id(one)->client_id);
    NEED(zookeeper_close(one) == ZOK);
    wait_for(&gone.type);
    NEED(gone.type == ZOO_DELETED_EVENT);
    printf("ok sessions\n");
}

int main(int count, char **words) {
    NEED(count == 2);
    zoo_set_debug_level(ZOO_LOG_LEVEL_ERROR);
    zhandle_t *one = connected(words[1], 0), *two = connected(words[1], 1);
    registers(one, two);
    nodes(one);
    watches(one, two);
    transactions(one);
    permissions(one, two);
    sessions(one, two);
    return zookeeper_close(two) == ZOK ? 0 : 1;
}
