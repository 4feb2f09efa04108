import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicInteger;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.barriers.DistributedBarrier;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderSelector;
import org.apache.curator.framework.recipes.leader.LeaderSelectorListenerAdapter;
import org.apache.curator.framework.recipes.locks.InterProcessLock;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreMutex;
import org.apache.curator.framework.recipes.locks.Revoker;
import org.apache.curator.framework.recipes.nodes.GroupMember;
import org.apache.curator.framework.recipes.queue.DistributedDelayQueue;
import org.apache.curator.framework.recipes.queue.DistributedIdQueue;
import org.apache.curator.framework.recipes.queue.DistributedPriorityQueue;
import org.apache.curator.framework.recipes.queue.DistributedQueue;
import org.apache.curator.framework.recipes.queue.QueueAllocator;
import org.apache.curator.framework.recipes.queue.QueueBuilder;
import org.apache.curator.framework.recipes.queue.QueueConsumer;
import org.apache.curator.framework.recipes.queue.QueueSerializer;
import org.apache.curator.framework.recipes.queue.QueueSharder;
import org.apache.curator.framework.recipes.queue.QueueSharderPolicies;
import org.apache.curator.framework.recipes.queue.SimpleDistributedQueue;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.retry.ExponentialBackoffRetry;

/** Does with Curator what it is told, a line each: {@code RECIPE PATH VERB ARGUMENT}; answers each with a line. */
public final class Neighbour {
    static CuratorFramework client;
    static final Map<String, Object> made = new HashMap<>();
    static final CountDownLatch revoked = new CountDownLatch(1);

    interface Making<T> {
        T make() throws Exception;
    }

    @SuppressWarnings("unchecked")
    static <T> T the(String key, Making<T> making) throws Exception {
        if (!made.containsKey(key)) {
            made.put(key, making.make());
        }
        return (T) made.get(key);
    }

    static String text(byte[] data) {
        return new String(data, StandardCharsets.UTF_8);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static InterProcessLock lock(String recipe, String path) throws Exception {
        return the(recipe + path, () -> {
            switch (recipe) {
                case "mutex":
                    return new InterProcessMutex(client, path);
                case "revocable":
                    InterProcessMutex lock = new InterProcessMutex(client, path);
                    lock.makeRevocable(one -> revoked.countDown());
                    return lock;
                case "semaphore":
                    return new InterProcessSemaphoreMutex(client, path);
                default:
                    InterProcessReadWriteLock both = the("both" + path, () -> new InterProcessReadWriteLock(client, path));
                    return recipe.equals("reader") ? both.readLock() : both.writeLock();
            }
        });
    }

    static Object locking(String recipe, String path, String verb, String argument) throws Exception {
        InterProcessLock lock = lock(recipe, path);
        switch (verb) {
            case "acquire":
                return lock.acquire(Long.parseLong(argument), TimeUnit.MILLISECONDS);
            case "release":
                lock.release();
                return "";
            case "revoked":
                return revoked.await(Long.parseLong(argument), TimeUnit.MILLISECONDS);
            default: // read, wait, write: whoever comes between is seen in the sum
                for (int left = Integer.parseInt(argument); left > 0; left--) {
                    lock.acquire();
                    int sum = Integer.parseInt(text(client.getData().forPath(path + "-sum")));
                    Thread.sleep(1);
                    client.setData().forPath(path + "-sum", bytes("" + (sum + 1)));
                    lock.release();
                }
                return "";
        }
    }

    static Object latch(String path, String verb, String argument) throws Exception {
        LeaderLatch latch = the("latch" + path, () -> new LeaderLatch(client, path, argument));
        switch (verb) {
            case "start":
                latch.start();
                return "";
            case "await":
                return latch.await(Long.parseLong(argument), TimeUnit.MILLISECONDS);
            case "leads":
                return latch.hasLeadership();
            case "leader":
                return latch.getLeader().getId();
            default:
                latch.close();
                return "";
        }
    }

    static Object selector(String path, String verb, String argument) throws Exception {
        CountDownLatch leads = the("leads" + path, () -> new CountDownLatch(1));
        CountDownLatch end = the("end" + path, () -> new CountDownLatch(1));
        LeaderSelector selector = the("selector" + path, () -> new LeaderSelector(client, path, new LeaderSelectorListenerAdapter() {
            @Override
            public void takeLeadership(CuratorFramework from) throws Exception {
                leads.countDown();
                end.await();
            }
        }));
        switch (verb) {
            case "start":
                selector.start();
                return "";
            case "await":
                return leads.await(Long.parseLong(argument), TimeUnit.MILLISECONDS);
            default:
                end.countDown();
                return "";
        }
    }

    static Object number(String recipe, String path, String verb, String argument) throws Exception {
        ExponentialBackoffRetry again = new ExponentialBackoffRetry(5, 20);
        switch (recipe) {
            case "long":
                DistributedAtomicLong wide = new DistributedAtomicLong(client, path, again);
                return wide.add(Long.parseLong(argument)).postValue();
            case "int":
                DistributedAtomicInteger narrow = new DistributedAtomicInteger(client, path, again);
                return narrow.add(Integer.parseInt(argument)).postValue();
            default:
                SharedCount count = the("count" + path, () -> {
                    SharedCount one = new SharedCount(client, path, 1);
                    one.start();
                    return one;
                });
                int value = Integer.parseInt(argument);
                if (verb.equals("set")) {
                    count.setCount(value);
                }
                for (int tries = 0; count.getCount() != value && tries < 2000; tries++) {
                    Thread.sleep(10);
                }
                return count.getCount();
        }
    }

    static final QueueSerializer<String> TEXTS = new QueueSerializer<>() {
        @Override
        public byte[] serialize(String text) {
            return bytes(text);
        }

        @Override
        public String deserialize(byte[] data) {
            return text(data);
        }
    };

    static QueueBuilder<String> builder(String path, boolean takes) throws Exception {
        BlockingQueue<String> taken = the("taken" + path, LinkedBlockingQueue::new);
        QueueConsumer<String> consumer = new QueueConsumer<>() {
            @Override
            public void consumeMessage(String message) throws Exception {
                Thread.sleep(message.equals("slow") ? 1500 : 0);
                taken.add(message);
            }

            @Override
            public void stateChanged(CuratorFramework from, ConnectionState state) {}
        };
        return QueueBuilder.builder(client, takes ? consumer : null, TEXTS, path).putInBackground(false);
    }

    /** Verbs: put, many (several items in one znode), take (from then on), locked (the same, under a lock), next. */
    static Object queue(String recipe, String path, String verb, String argument) throws Exception {
        boolean takes = verb.equals("take") || verb.equals("locked");
        if (verb.equals("next")) {
            BlockingQueue<String> taken = the("taken" + path, LinkedBlockingQueue::new);
            return taken.poll(20, TimeUnit.SECONDS);
        }
        QueueBuilder<String> builder = builder(path, takes);
        switch (recipe) {
            case "queue":
                DistributedQueue<String> plain = the("queue" + path + takes, () -> {
                    DistributedQueue<String> one = (verb.equals("locked") ? builder.lockPath(argument) : builder).buildQueue();
                    one.start();
                    return one;
                });
                if (verb.equals("put")) {
                    plain.put(argument);
                } else if (verb.equals("many")) {
                    java.util.Iterator<String> items = Arrays.asList(argument.split(",")).iterator();
                    plain.putMulti(() -> items.hasNext() ? items.next() : null);
                }
                return "";
            case "priority":
                DistributedPriorityQueue<String> ordered = builder.buildPriorityQueue(0);
                ordered.start();
                if (verb.equals("put")) {
                    ordered.put(argument, Integer.parseInt(argument));
                }
                return "";
            case "delay":
                DistributedDelayQueue<String> late = builder.buildDelayQueue();
                late.start();
                if (verb.equals("put")) {
                    late.put(argument, System.currentTimeMillis() + Long.parseLong(argument));
                }
                return "";
            default:
                DistributedIdQueue<String> keyed = builder.buildIdQueue();
                keyed.start();
                if (verb.equals("put")) {
                    keyed.put(argument, argument);
                }
                return verb.equals("remove") ? keyed.remove(argument) : "";
        }
    }

    static Object sharder(String path, String verb, String argument) throws Exception {
        boolean takes = verb.equals("take");
        QueueSharder<String, DistributedQueue<String>> sharder = the("sharder" + path + takes, () -> {
            BlockingQueue<String> taken = the("taken" + path, LinkedBlockingQueue::new);
            QueueAllocator<String, DistributedQueue<String>> allocator =
                    (from, where) -> {
                        made.put("taken" + where, taken);
                        try {
                            return builder(where, takes).buildQueue();
                        } catch (Exception wrong) {
                            throw new IllegalStateException(wrong);
                        }
                    };
            QueueSharder<String, DistributedQueue<String>> one = new QueueSharder<>(
                    client, allocator, path, path + "-leader", QueueSharderPolicies.builder().build());
            one.start();
            return one;
        });
        if (verb.equals("put")) {
            sharder.getQueue().put(argument);
        }
        return sharder.getShardQty();
    }

    static Object simple(String path, String verb, String argument) throws Exception {
        SimpleDistributedQueue queue = new SimpleDistributedQueue(client, path);
        return verb.equals("put") ? queue.offer(bytes(argument)) : text(queue.poll(20, TimeUnit.SECONDS));
    }

    static Object member(String path, String verb, String argument) throws Exception {
        GroupMember member = the("member" + path, () -> new GroupMember(client, path, argument, bytes(argument)));
        if (verb.equals("join")) {
            member.start();
            return "";
        }
        int wanted = Integer.parseInt(argument);
        for (int tries = 0; member.getCurrentMembers().size() != wanted && tries < 2000; tries++) {
            Thread.sleep(10);
        }
        Map<String, String> all = new TreeMap<>();
        member.getCurrentMembers().forEach((name, data) -> all.put(name, text(data)));
        return all;
    }

    static Object barrier(String recipe, String path, String verb, String argument) throws Exception {
        if (recipe.equals("barrier")) {
            DistributedBarrier barrier = new DistributedBarrier(client, path);
            switch (verb) {
                case "set":
                    barrier.setBarrier();
                    return "";
                case "remove":
                    barrier.removeBarrier();
                    return "";
                default:
                    return barrier.waitOnBarrier(Long.parseLong(argument), TimeUnit.MILLISECONDS);
            }
        }
        DistributedDoubleBarrier barrier = the("double" + path, () -> new DistributedDoubleBarrier(client, path, 2));
        long millis = Long.parseLong(argument);
        return verb.equals("enter") ? barrier.enter(millis, TimeUnit.MILLISECONDS) : barrier.leave(millis, TimeUnit.MILLISECONDS);
    }

    /** What was written through another member before this is seen after it. */
    static void catchUp() throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        client.sync().inBackground((one, event) -> done.countDown()).forPath("/");
        done.await();
    }

    static Object obey(String recipe, String path, String verb, String argument) throws Exception {
        switch (recipe) {
            case "revoke":
                Revoker.attemptRevoke(client, path);
                return "";
            case "latch":
                return latch(path, verb, argument);
            case "selector":
                return selector(path, verb, argument);
            case "long":
            case "int":
            case "count":
                return number(recipe, path, verb, argument);
            case "queue":
            case "priority":
            case "delay":
            case "id":
                return queue(recipe, path, verb, argument);
            case "sharder":
                return verb.equals("next") ? queue(recipe, path, verb, argument) : sharder(path, verb, argument);
            case "simple":
                return simple(path, verb, argument);
            case "member":
                return member(path, verb, argument);
            case "barrier":
            case "double":
                return barrier(recipe, path, verb, argument);
            default:
                return locking(recipe, path, verb, argument);
        }
    }

    public static void main(String[] words) throws Exception {
        client = CuratorFrameworkFactory.newClient(words[0], 10_000, 10_000, new ExponentialBackoffRetry(50, 10));
        client.start();
        client.blockUntilConnected();
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] parts = line.split(" ");
            String answer;
            try {
                catchUp();
                answer = "ok " + obey(parts[0], parts[1], parts.length > 2 ? parts[2] : "", parts.length > 3 ? parts[3] : "");
            } catch (Throwable wrong) {
                answer = "wrong " + wrong;
            }
            System.out.println(answer);
        }
        System.exit(0);
    }
}
