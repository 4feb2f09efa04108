// ZooKeeper's own client under load, as clients.py does it: java -cp zookeeper.jar JavaClient.java
// HOSTS WORKLOAD DEPTH SECONDS ROOT. The virtual machine is given longer to warm up.

import java.lang.management.ManagementFactory;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;

public class JavaClient {
    static final double WARM_UP_S = 5;
    static final byte[] DATA = new byte[128];
    static final AtomicLong done = new AtomicLong();
    static final AtomicLong failed = new AtomicLong();
    static Semaphore free;

    static void answered(int code) {
        (code == 0 ? done : failed).incrementAndGet();
        free.release();
    }

    static void ask(ZooKeeper zk, String workload, String root, long number) {
        switch (workload) {
            case "get":
                zk.getData(root + "/hot", false, (rc, p, c, d, s) -> answered(rc), null);
                break;
            case "set":
                zk.setData(root + "/hot", DATA, -1, (rc, p, c, s) -> answered(rc), null);
                break;
            default:
                zk.create(root + "/n" + number, DATA, ZooDefs.Ids.OPEN_ACL_UNSAFE,
                          CreateMode.PERSISTENT, (rc, p, c, n) -> answered(rc), null);
        }
    }

    static void askAndWait(ZooKeeper zk, String workload, String root, long number)
            throws Exception {
        switch (workload) {
            case "get": zk.getData(root + "/hot", false, null); break;
            case "set": zk.setData(root + "/hot", DATA, -1); break;
            default: zk.create(root + "/n" + number, DATA, ZooDefs.Ids.OPEN_ACL_UNSAFE,
                               CreateMode.PERSISTENT);
        }
        done.incrementAndGet();
    }

    public static void main(String[] words) throws Exception {
        String workload = words[1], root = words[4];
        int depth = Integer.parseInt(words[2]);
        double seconds = Double.parseDouble(words[3]);
        free = new Semaphore(depth);
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper zk = new ZooKeeper(words[0], 10000, event -> {
            if (event.getState() == Watcher.Event.KeeperState.SyncConnected) connected.countDown();
        });
        connected.await();
        for (String path : new String[] {root, root + "/hot"})
            zk.create(path, DATA, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        var system = (com.sun.management.OperatingSystemMXBean)
            ManagementFactory.getOperatingSystemMXBean();
        long begin = System.nanoTime() + (long) (WARM_UP_S * 1e9);
        long end = begin + (long) (seconds * 1e9), at = 0, before = 0, cpu = 0, now = 0;
        for (long number = 0; now < end; number++) {
            if (depth == 1) {
                askAndWait(zk, workload, root, number);
            } else {
                free.acquire();
                ask(zk, workload, root, number);
            }
            now = System.nanoTime();
            if (at == 0 && now >= begin) {
                at = now;
                before = done.get();
                cpu = system.getProcessCpuTime();
            }
        }
        double operations = done.get() - before;
        double cpuUs = (system.getProcessCpuTime() - cpu) / 1e3 / operations;
        double opsPerS = operations / ((now - at) / 1e9);
        if (failed.get() > 0) throw new IllegalStateException(failed.get() + " failed");
        System.out.println("{\"ops_per_s\": " + opsPerS + ", \"cpu_us_per_op\": " + cpuUs + "}");
        System.exit(0);
    }
}
