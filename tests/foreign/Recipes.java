import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.barriers.DistributedBarrier;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.cache.CuratorCacheListener;
import org.apache.curator.framework.recipes.cache.NodeCache;
import org.apache.curator.framework.recipes.cache.PathChildrenCache;
import org.apache.curator.framework.recipes.cache.TreeCache;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderSelector;
import org.apache.curator.framework.recipes.leader.LeaderSelectorListenerAdapter;
import org.apache.curator.framework.recipes.locks.InterProcessMultiLock;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreMutex;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreV2;
import org.apache.curator.framework.recipes.locks.Lease;
import org.apache.curator.framework.recipes.nodes.GroupMember;
import org.apache.curator.framework.recipes.nodes.PersistentNode;
import org.apache.curator.framework.recipes.nodes.PersistentTtlNode;
import org.apache.curator.framework.recipes.queue.DistributedQueue;
import org.apache.curator.framework.recipes.queue.QueueBuilder;
import org.apache.curator.framework.recipes.queue.QueueConsumer;
import org.apache.curator.framework.recipes.queue.QueueSerializer;
import org.apache.curator.framework.recipes.queue.SimpleDistributedQueue;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.framework.recipes.watch.PersistentWatcher;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.retry.ExponentialBackoffRetry;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.data.Stat;

/** Every recipe of Curator's, one after another; a line for each. Arguments: the members' addresses. */
public final class Recipes {
    interface Recipe {
        void play() throws Exception;
    }

    static final int CROWD = 6;
    static final long SECONDS = 20;

    static String hosts;
    static CuratorFramework client;
    static final List<CuratorFramework> clients = new ArrayList<>();
    static int failed;

    static CuratorFramework connect() throws Exception {
        CuratorFramework made =
                CuratorFrameworkFactory.builder()
                        .connectString(hosts)
                        .namespace("curator")
                        .sessionTimeoutMs(10_000)
                        .connectionTimeoutMs(10_000)
                        .retryPolicy(new ExponentialBackoffRetry(50, 10))
                        .build();
        made.start();
        check(made.blockUntilConnected(10, TimeUnit.SECONDS), "no connection");
        clients.add(made);
        return made;
    }

    static void check(boolean so, String what) {
        if (!so) {
            throw new AssertionError(what);
        }
    }

    static void until(Callable<Boolean> so, String what) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (!so.call()) {
            check(System.nanoTime() < end, what);
            Thread.sleep(10);
        }
    }

    /** Another member may be behind: what this client reads after this is not. */
    static CuratorFramework caughtUp(CuratorFramework from) throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        from.sync().inBackground((one, event) -> done.countDown()).forPath("/");
        check(done.await(SECONDS, TimeUnit.SECONDS), "no sync");
        return from;
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static void play(String name, Recipe recipe) {
        try {
            recipe.play();
            System.out.println("ok " + name);
        } catch (Throwable wrong) {
            failed++;
            System.out.println("FAILED " + name + ": " + wrong);
        }
    }

    /** As many at once as there are clients; each gives how often it found somebody else inside. */
    static void crowd(Callable<Integer>[] tasks) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(tasks.length);
        try {
            List<Future<Integer>> all = new ArrayList<>();
            for (Callable<Integer> task : tasks) {
                all.add(pool.submit(task));
            }
            for (Future<Integer> one : all) {
                check(one.get(SECONDS, TimeUnit.SECONDS) == 0, "two were inside");
            }
        } finally {
            pool.shutdownNow();
        }
    }

    interface Guard {
        AutoCloseable enter(CuratorFramework from) throws Exception;
    }

    @SuppressWarnings("unchecked")
    static void exclusive(Guard guard, int most) throws Exception {
        AtomicInteger inside = new AtomicInteger();
        Callable<Integer>[] tasks = new Callable[CROWD];
        for (int n = 0; n < CROWD; n++) {
            CuratorFramework from = clients.get(n % clients.size());
            tasks[n] =
                    () -> {
                        int wrong = 0;
                        for (int round = 0; round < 5; round++) {
                            try (AutoCloseable held = guard.enter(from)) {
                                wrong += inside.incrementAndGet() > most ? 1 : 0;
                                Thread.sleep(2);
                                inside.decrementAndGet();
                            }
                        }
                        return wrong;
                    };
        }
        crowd(tasks);
    }

    static void locks() {
        play("InterProcessMutex", () -> exclusive(from -> {
            InterProcessMutex lock = new InterProcessMutex(from, "/mutex");
            check(lock.acquire(SECONDS, TimeUnit.SECONDS), "no lock");
            check(lock.acquire(SECONDS, TimeUnit.SECONDS), "not re-entrant");
            lock.release();
            return lock::release;
        }, 1));
        play("InterProcessSemaphoreMutex", () -> exclusive(from -> {
            InterProcessSemaphoreMutex lock = new InterProcessSemaphoreMutex(from, "/semaphore-mutex");
            check(lock.acquire(SECONDS, TimeUnit.SECONDS), "no lock");
            return lock::release;
        }, 1));
        play("InterProcessSemaphoreV2", () -> exclusive(from -> {
            InterProcessSemaphoreV2 semaphore = new InterProcessSemaphoreV2(from, "/semaphore", 3);
            Lease lease = semaphore.acquire(SECONDS, TimeUnit.SECONDS);
            check(lease != null, "no lease");
            return lease;
        }, 3));
        play("InterProcessMultiLock", () -> exclusive(from -> {
            List<String> paths = new ArrayList<>();
            Collections.addAll(paths, "/multi/1", "/multi/2");
            InterProcessMultiLock lock = new InterProcessMultiLock(from, paths);
            check(lock.acquire(SECONDS, TimeUnit.SECONDS), "no lock");
            return lock::release;
        }, 1));
        play("InterProcessReadWriteLock", () -> exclusive(from -> {
            InterProcessReadWriteLock both = new InterProcessReadWriteLock(from, "/read-write");
            check(both.readLock().acquire(SECONDS, TimeUnit.SECONDS), "no read lock");
            both.readLock().release();
            check(both.writeLock().acquire(SECONDS, TimeUnit.SECONDS), "no write lock");
            return both.writeLock()::release;
        }, 1));
    }

    static void elections() {
        play("LeaderLatch", () -> {
            List<LeaderLatch> latches = new ArrayList<>();
            for (int n = 0; n < CROWD; n++) {
                LeaderLatch latch = new LeaderLatch(clients.get(n % clients.size()), "/latch", "" + n);
                latch.start();
                latches.add(latch);
            }
            while (!latches.isEmpty()) {
                until(() -> latches.stream().anyMatch(LeaderLatch::hasLeadership), "no leader");
                List<LeaderLatch> leaders = new ArrayList<>(latches);
                leaders.removeIf(one -> !one.hasLeadership());
                check(leaders.size() == 1, "two leaders");
                leaders.get(0).close();
                latches.remove(leaders.get(0));
            }
        });
        play("LeaderSelector", () -> {
            CountDownLatch led = new CountDownLatch(CROWD);
            AtomicInteger leading = new AtomicInteger();
            AtomicInteger most = new AtomicInteger();
            List<LeaderSelector> all = new ArrayList<>();
            for (int n = 0; n < CROWD; n++) {
                LeaderSelector one =
                        new LeaderSelector(clients.get(n % clients.size()), "/selector", new LeaderSelectorListenerAdapter() {
                            @Override
                            public void takeLeadership(CuratorFramework from) throws Exception {
                                most.accumulateAndGet(leading.incrementAndGet(), Math::max);
                                Thread.sleep(5);
                                leading.decrementAndGet();
                                led.countDown();
                            }
                        });
                one.start();
                all.add(one);
            }
            check(led.await(SECONDS, TimeUnit.SECONDS), "not everybody led");
            check(most.get() == 1, "two leaders");
            all.forEach(LeaderSelector::close);
        });
    }

    static void meetings() {
        play("DistributedBarrier", () -> {
            DistributedBarrier barrier = new DistributedBarrier(client, "/barrier");
            barrier.setBarrier();
            DistributedBarrier other = new DistributedBarrier(clients.get(1), "/barrier");
            clients.get(1).sync().forPath("/barrier");  // its member may be behind
            check(!other.waitOnBarrier(100, TimeUnit.MILLISECONDS), "it did not hold");
            Thread opener = new Thread(() -> {
                try {
                    barrier.removeBarrier();
                } catch (Exception wrong) {
                    throw new IllegalStateException(wrong);
                }
            });
            opener.start();
            check(other.waitOnBarrier(SECONDS, TimeUnit.SECONDS), "it was not opened");
            opener.join();
        });
        play("DistributedDoubleBarrier", () -> {
            @SuppressWarnings("unchecked")
            Callable<Integer>[] tasks = new Callable[CROWD];
            AtomicInteger entered = new AtomicInteger();
            for (int n = 0; n < CROWD; n++) {
                CuratorFramework from = clients.get(n % clients.size());
                tasks[n] = () -> {
                    DistributedDoubleBarrier barrier = new DistributedDoubleBarrier(from, "/double", CROWD);
                    entered.incrementAndGet();
                    check(barrier.enter(SECONDS, TimeUnit.SECONDS), "not entered");
                    int early = CROWD - entered.get();
                    check(barrier.leave(SECONDS, TimeUnit.SECONDS), "not left");
                    return early;
                };
            }
            crowd(tasks);
        });
        play("GroupMember", () -> {
            try (GroupMember one = new GroupMember(client, "/group", "one");
                    GroupMember two = new GroupMember(clients.get(1), "/group", "two")) {
                one.start();
                two.start();
                until(() -> one.getCurrentMembers().size() == 2 && two.getCurrentMembers().size() == 2, "not both");
            }
        });
    }

    static void counters() {
        play("DistributedAtomicLong", () -> {
            @SuppressWarnings("unchecked")
            Callable<Integer>[] tasks = new Callable[CROWD];
            for (int n = 0; n < CROWD; n++) {
                CuratorFramework from = clients.get(n % clients.size());
                tasks[n] = () -> {
                    DistributedAtomicLong number =
                            new DistributedAtomicLong(from, "/long", new ExponentialBackoffRetry(10, 50));
                    for (int round = 0; round < 10; round++) {
                        check(number.increment().succeeded(), "not incremented");
                    }
                    return 0;
                };
            }
            crowd(tasks);
            long sum = new DistributedAtomicLong(caughtUp(client), "/long", new ExponentialBackoffRetry(10, 50)).get().postValue();
            check(sum == 10 * CROWD, "the sum is " + sum);
        });
        play("SharedCount", () -> {
            try (SharedCount here = new SharedCount(client, "/count", 7);
                    SharedCount there = new SharedCount(clients.get(1), "/count", 0)) {
                here.start();
                there.start();
                here.setCount(9);
                until(() -> there.getCount() == 9, "the other did not hear");
            }
        });
    }

    static void caches() {
        play("CuratorCache", () -> {
            AtomicInteger heard = new AtomicInteger();
            client.create().creatingParentsIfNeeded().forPath("/cache/a", bytes("1"));
            try (CuratorCache cache = CuratorCache.build(client, "/cache")) {
                cache.listenable().addListener(
                        CuratorCacheListener.builder().forAll((type, was, is) -> heard.incrementAndGet()).build());
                cache.start();
                until(() -> cache.size() == 2, "not filled");
                clients.get(1).create().creatingParentsIfNeeded().forPath("/cache/b/c", bytes("2"));
                until(() -> cache.get("/cache/b/c").isPresent(), "not followed");
                clients.get(1).setData().forPath("/cache/a", bytes("3"));
                clients.get(1).delete().forPath("/cache/b/c");
                until(() -> cache.size() == 3, "not followed");
                until(() -> heard.get() == 6, "events: " + heard.get());
                until(() -> new String(cache.get("/cache/a").get().getData()).equals("3"), "old data");
            }
        });
        play("PersistentWatcher", () -> {
            AtomicInteger heard = new AtomicInteger();
            client.create().creatingParentsIfNeeded().forPath("/watched");
            try (PersistentWatcher watcher = new PersistentWatcher(client, "/watched", true)) {
                watcher.getListenable().addListener(event -> heard.incrementAndGet());
                CountDownLatch set = new CountDownLatch(1);
                watcher.getResetListenable().addListener(set::countDown);
                watcher.start();
                check(set.await(SECONDS, TimeUnit.SECONDS), "not set");
                for (int n = 0; n < 20; n++) {
                    clients.get(1).create().forPath("/watched/" + n);
                }
                until(() -> heard.get() == 20, "events: " + heard.get());
            }
        });
        play("TreeCache", () -> {
            try (TreeCache cache = new TreeCache(client, "/tree")) {
                cache.start();
                clients.get(1).create().creatingParentsIfNeeded().forPath("/tree/a/b", bytes("1"));
                until(() -> cache.getCurrentData("/tree/a/b") != null, "not followed");
                clients.get(1).delete().deletingChildrenIfNeeded().forPath("/tree/a");
                until(() -> cache.getCurrentData("/tree/a") == null, "not removed");
            }
        });
        play("PathChildrenCache", () -> {
            try (PathChildrenCache cache = new PathChildrenCache(client, "/children", true)) {
                cache.start();
                clients.get(1).create().creatingParentsIfNeeded().forPath("/children/a", bytes("1"));
                until(() -> cache.getCurrentData().size() == 1, "not followed");
            }
        });
        play("NodeCache", () -> {
            try (NodeCache cache = new NodeCache(client, "/node")) {
                cache.start(true);
                clients.get(1).create().forPath("/node", bytes("1"));
                until(() -> cache.getCurrentData() != null, "not followed");
                clients.get(1).setData().forPath("/node", bytes("2"));
                until(() -> new String(cache.getCurrentData().getData()).equals("2"), "old data");
            }
        });
    }

    static void nodes() {
        play("PersistentNode", () -> {
            try (PersistentNode node = new PersistentNode(client, CreateMode.EPHEMERAL, false, "/persistent", bytes("1"))) {
                node.start();
                check(node.waitForInitialCreate(SECONDS, TimeUnit.SECONDS), "not created");
                clients.get(1).delete().forPath("/persistent");
                until(() -> clients.get(1).checkExists().forPath("/persistent") != null, "not created again");
            }
        });
        play("PersistentTtlNode", () -> {
            try (PersistentTtlNode node = new PersistentTtlNode(client, "/ttl", 60_000, bytes("1"))) {
                node.start();
                check(node.waitForInitialCreate(SECONDS, TimeUnit.SECONDS), "not created");
            }
        });
        play("creatingParentContainersIfNeeded", () -> {
            client.create().creatingParentContainersIfNeeded().forPath("/containers/a/b");
            check(caughtUp(clients.get(1)).checkExists().forPath("/containers/a/b") != null, "not there");
        });
        play("withProtection", () -> {
            String path = client.create().creatingParentsIfNeeded().withProtection()
                    .withMode(CreateMode.EPHEMERAL_SEQUENTIAL).forPath("/protected/x-");
            check(path.endsWith("x-0000000000"), path);
        });
        play("transaction", () -> {
            Stat before = new Stat();
            client.create().forPath("/money", bytes("1"));
            client.getData().storingStatIn(before).forPath("/money");
            List<CuratorOp> ops = new ArrayList<>();
            ops.add(client.transactionOp().check().withVersion(before.getVersion()).forPath("/money"));
            ops.add(client.transactionOp().setData().forPath("/money", bytes("2")));
            ops.add(client.transactionOp().create().forPath("/money/receipt"));
            check(client.transaction().forOperations(ops).size() == 3, "results");
            try {
                client.transaction().forOperations(ops);
                throw new AssertionError("done twice");
            } catch (org.apache.zookeeper.KeeperException.BadVersionException expected) {
                check(caughtUp(clients.get(1)).checkExists().forPath("/money/receipt") != null, "half done");
            }
        });
        play("idempotent", () -> {
            client.create().idempotent().forPath("/again", bytes("1"));
            client.create().idempotent().forPath("/again", bytes("1"));
            client.delete().idempotent().forPath("/again");
            client.delete().idempotent().forPath("/again");
        });
    }

    static void queues() {
        play("DistributedQueue", () -> {
            List<String> taken = Collections.synchronizedList(new ArrayList<>());
            QueueConsumer<String> consumer = new QueueConsumer<>() {
                @Override
                public void consumeMessage(String message) {
                    taken.add(message);
                }

                @Override
                public void stateChanged(CuratorFramework from, ConnectionState state) {}
            };
            QueueSerializer<String> texts = new QueueSerializer<>() {
                @Override
                public byte[] serialize(String text) {
                    return bytes(text);
                }

                @Override
                public String deserialize(byte[] data) {
                    return new String(data, StandardCharsets.UTF_8);
                }
            };
            try (DistributedQueue<String> queue =
                    QueueBuilder.builder(client, consumer, texts, "/queue").lockPath("/queue-locks").buildQueue()) {
                queue.start();
                for (int n = 0; n < 20; n++) {
                    queue.put("item " + n);
                }
                until(() -> taken.size() == 20, "taken: " + taken.size());
                for (int n = 0; n < 20; n++) {
                    check(taken.get(n).equals("item " + n), "order");
                }
            }
        });
        play("SimpleDistributedQueue", () -> {
            SimpleDistributedQueue queue = new SimpleDistributedQueue(client, "/simple-queue");
            queue.offer(bytes("a"));
            queue.offer(bytes("b"));
            check(new String(queue.take()).equals("a") && new String(queue.take()).equals("b"), "order");
            check(queue.poll(50, TimeUnit.MILLISECONDS) == null, "not empty");
        });
    }

    public static void main(String[] words) throws Exception {
        hosts = words[0];
        client = connect();
        connect();
        connect();
        locks();
        elections();
        meetings();
        counters();
        caches();
        nodes();
        queues();
        for (CuratorFramework one : clients) {
            one.close();
        }
        System.exit(failed == 0 ? 0 : 1);
    }
}
