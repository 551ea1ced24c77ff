// The shapes of bench-peers on LMAX Disruptor: reads `SHAPE WAIT CAPACITY BATCH EVENTS` from stdin, answers
// `EVENTS WALL_NS CPU_NS`. Events have eight long fields, all written and all read; WAIT is `yielding` or `busy-spin`.

import com.lmax.disruptor.BusySpinWaitStrategy;
import com.lmax.disruptor.EventHandler;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.YieldingWaitStrategy;
import com.lmax.disruptor.dsl.Disruptor;
import com.lmax.disruptor.dsl.ProducerType;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;

public final class Lmax {
    // As in line.rs.
    static final long FIRST_WORD = 1L << 32;

    static final class Line {
        long a, b, c, d, e, f, g, h;

        void write(long n) {
            n += FIRST_WORD;
            a = n; b = n + 1; c = n + 2; d = n + 3; e = n + 4; f = n + 5; g = n + 6; h = n + 7;
        }

        long sum() {
            return a + b + c + d + e + f + g + h;
        }
    }

    static final class Adder implements EventHandler<Line> {
        final CountDownLatch done = new CountDownLatch(1);
        long left, sum;

        Adder(long events) {
            left = events;
        }

        @Override
        public void onEvent(Line line, long sequence, boolean endOfBatch) {
            sum += line.sum();
            if (--left == 0) done.countDown();
        }
    }

    static void publish(RingBuffer<Line> ring, long events, int batch) {
        for (long n = 0; n < events; ) {
            int count = (int) Math.min(batch, events - n);
            long last = ring.next(count);
            long first = last - count + 1;
            for (int i = 0; i < count; i++) ring.get(first + i).write(n + i);
            ring.publish(first, last);
            n += count;
        }
    }

    // ns that the threads there are now have been on a core; what Java itself offers counts in 10 ms.
    static long onCore() throws Exception {
        long sum = 0;
        try (var threads = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
            for (Path thread : threads) {
                try {
                    sum += Long.parseLong(Files.readString(thread.resolve("schedstat")).split(" ")[0]);
                } catch (IOException e) {
                    // One of Java's own that has ended meanwhile.
                    continue;
                }
            }
        }
        return sum;
    }

    static String run(String shape, String wait, int capacity, int batch, long events) throws Exception {
        boolean three = shape.equals("three");
        long each = three ? events / 3 : events;
        long all = three ? 3 * each : events;
        var disruptor = new Disruptor<>(Line::new, capacity, Executors.defaultThreadFactory(),
            three ? ProducerType.MULTI : ProducerType.SINGLE,
            wait.equals("busy-spin") ? new BusySpinWaitStrategy() : new YieldingWaitStrategy());
        Adder a = new Adder(all), b = new Adder(all), c = new Adder(all);
        Adder[] adders = {a, b, c};
        switch (shape) {
            case "pipeline" -> disruptor.handleEventsWith(a).then(b).then(c);
            case "broadcast" -> disruptor.handleEventsWith(a, b, c);
            case "diamond" -> disruptor.handleEventsWith(a, b).then(c);
            default -> {
                disruptor.handleEventsWith(a);
                adders = new Adder[] {a};
            }
        }
        RingBuffer<Line> ring = disruptor.start();
        int writers = three ? 3 : 1;
        var begin = new CyclicBarrier(writers);
        // Threads that have published stay until their time was looked at.
        var looked = new CountDownLatch(1);
        var threads = new Thread[writers - 1];
        for (int i = 0; i < threads.length; i++) {
            threads[i] = new Thread(() -> {
                try {
                    begin.await();
                    publish(ring, each, batch);
                    looked.await();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            threads[i].start();
        }
        begin.await();
        long cpu = onCore(), start = System.nanoTime();
        publish(ring, each, batch);
        for (Adder adder : adders) adder.done.await();
        long wall = System.nanoTime() - start;
        cpu = Math.max(0, onCore() - cpu);
        looked.countDown();
        for (Thread thread : threads) thread.join();
        disruptor.shutdown();
        long expected = (4 * each * (each - 1) + (28 + 8 * FIRST_WORD) * each) * writers;
        for (Adder adder : adders) {
            if (adder.sum != expected) throw new IllegalStateException("a field arrived wrong");
        }
        return all + " " + wall + " " + cpu;
    }

    public static void main(String[] args) throws Exception {
        var asks = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = asks.readLine()) != null && !line.equals("end"); ) {
            String[] words = line.split(" ");
            System.out.println(run(words[0], words[1], Integer.parseInt(words[2]),
                Integer.parseInt(words[3]), Long.parseLong(words[4])));
        }
    }
}
