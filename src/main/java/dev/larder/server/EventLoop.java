package dev.larder.server;

import dev.larder.protocol.Lookahead;
import dev.larder.protocol.ReplyBuffer;
import dev.larder.protocol.Request;
import dev.larder.server.command.Args;
import dev.larder.server.command.ServerLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A thread that serves many channels: it waits until one of them can be read or written, and lets
 * its {@link Peer} do so. Nothing that runs here may wait for anything else.
 *
 * <p>All belongs to this thread alone, except {@link #execute}, by which others hand it work. The
 * buffers are lent to one peer at a time: input is read into the one, replies are written into the
 * other, and a peer that has to keep some of either does so in memory of its own. So a connection
 * with nothing pending owns no buffer.
 */
final class EventLoop implements Runnable {
  private static final int INPUT_BYTES = 64 * 1024;
  private static final long TICK_MILLIS = 1_000;
  private static final long PAUSE_AFTER_FAILURE_MILLIS = 100;

  /** What a channel is for. */
  interface Peer {

    /** Its channel is ready for what the key says. Must not throw. */
    void ready(SelectionKey key);

    /** A second has gone by. */
    default void tick() {}

    /** The loop ends in good order: finish what was begun, {@link #close} soon. */
    void stop();

    /** Ends it at once. Doing so twice is fine. */
    void close();
  }

  /** A task that is to be run later. */
  record Timer(long nanos, Runnable task) {}

  private final Thread thread;
  private final Selector selector;
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final ArrayDeque<Runnable> turn = new ArrayDeque<>();
  private final AtomicBoolean woken = new AtomicBoolean();
  private final PriorityQueue<Timer> timers =
      new PriorityQueue<>((a, b) -> Long.signum(a.nanos() - b.nanos()));
  private final ByteBuffer input = ByteBuffer.allocate(INPUT_BYTES);
  private ReplyBuffer output = new ReplyBuffer();
  private final List<Peer> doors = new ArrayList<>();
  private final Request request = new Request();
  private final Args args = new Args();
  private final Lookahead lookahead = new Lookahead();
  private long now = System.nanoTime();
  private boolean stopping;
  private boolean stopped;

  EventLoop(String name) throws IOException {
    selector = Selector.open();
    thread = new Thread(this, name);
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** Has a task run by the loop; may be called by any thread. */
  void execute(Runnable task) {
    tasks.add(task);
    if (woken.compareAndSet(false, true)) {
      selector.wakeup();
    }
  }

  /** Listens to a channel; before the loop starts. */
  void listen(SelectableChannel channel, Peer door) throws IOException {
    channel.register(selector, SelectionKey.OP_ACCEPT, door);
    doors.add(door);
  }

  /** Closes what {@link #listen} was called for, and waits until that is done. */
  void closeDoors(long millis) {
    CountDownLatch done = new CountDownLatch(1);
    execute(
        () -> {
          doors.forEach(Peer::close);
          done.countDown();
        });
    if (Thread.currentThread() != thread) {
      try {
        boolean unused = done.await(millis, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * Ends the loop: its peers get so long to finish what they have begun. May be called by any
   * thread, and returns at once.
   */
  void stop(long graceMillis) {
    execute(
        () -> {
          if (!stopping) {
            stopping = true;
            after(graceMillis, () -> stopped = true);
            peers().forEach(Peer::stop);
          }
        });
  }

  /** Waits for the end of the loop's thread, unless it is this one. */
  void join(long millis) {
    if (Thread.currentThread() != thread) {
      try {
        thread.join(millis);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  // ------------------------------------------------------------------------ for those it serves

  SelectionKey register(SelectableChannel channel, int operations, Peer peer) throws IOException {
    return channel.register(selector, operations, peer);
  }

  /** Has a task run not before that time. */
  Timer after(long millis, Runnable task) {
    long nanos = Math.min(millis, Long.MAX_VALUE / 4_000_000) * 1_000_000;
    Timer timer = new Timer(System.nanoTime() + nanos, task);
    timers.add(timer);
    return timer;
  }

  /** Forgets a task, if it has not been run. */
  void cancel(@Nullable Timer timer) {
    timers.remove(timer);
  }

  /** The time of System.nanoTime at which the present turn began. */
  long now() {
    return now;
  }

  boolean isStopping() {
    return stopping;
  }

  /** Where input is read into. */
  ByteBuffer input() {
    return input;
  }

  /** Where replies are written to; empty, or its content belongs to the peer that runs. */
  ReplyBuffer output() {
    return output;
  }

  /** Forgets what a peer wrote that will not be sent any more. */
  void discardOutput() {
    if (!output.isEmpty()) {
      output = new ReplyBuffer();
    }
  }

  /** The request that is being read and run. */
  Request request() {
    return request;
  }

  Args args() {
    return args;
  }

  Lookahead lookahead() {
    return lookahead;
  }

  // ------------------------------------------------------------------------------------ running

  @Override
  public void run() {
    try {
      after(TICK_MILLIS, this::tick);
      while (!stopped) {
        turn();
      }
    } finally {
      end();
    }
  }

  private void turn() {
    try {
      boolean unused = Thread.interrupted(); // else select would never wait again
      now = System.nanoTime();
      runTasks();
      long wait = runTimers();
      stopped |= stopping && peers().isEmpty();
      if (!stopped) {
        selector.select(EventLoop::ready, wait);
      }
    } catch (IOException | RuntimeException | Error e) {
      ServerLog.error("event loop goes on after a failure", e);
      rest();
    }
  }

  private void tick() {
    peers().forEach(Peer::tick);
    after(TICK_MILLIS, this::tick);
  }

  private static void ready(SelectionKey key) {
    if (key.isValid()) {
      ((Peer) key.attachment()).ready(key);
    }
  }

  /** Runs the tasks that are there now; what they add has its turn after the channels. */
  private void runTasks() {
    woken.set(false);
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      turn.add(task);
    }
    for (Runnable task = turn.poll(); task != null; task = turn.poll()) {
      run(task);
    }
  }

  private static void run(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      ServerLog.error("a task of an event loop failed", e);
    }
  }

  /** Runs the timers that are due, and returns the milliseconds until the next one; 0: never. */
  private long runTimers() {
    for (Timer next = timers.peek(); next != null; next = timers.peek()) {
      long left = next.nanos() - System.nanoTime();
      if (left > 0) {
        return left / 1_000_000 + 1;
      }
      timers.remove();
      run(next.task());
    }
    return 0;
  }

  /** What fails at once might fail at once again: do not let that take all of a processor. */
  private static void rest() {
    try {
      Thread.sleep(PAUSE_AFTER_FAILURE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private List<Peer> peers() {
    List<Peer> peers = new ArrayList<>();
    for (SelectionKey key : selector.keys()) {
      if (key.isValid()) {
        peers.add((Peer) key.attachment());
      }
    }
    return peers;
  }

  /** Closes all that it has. By its thread, or before that was started. */
  void end() {
    try {
      peers().forEach(Peer::close);
      selector.close();
    } catch (IOException | RuntimeException e) {
      ServerLog.warn("closing an event loop failed", e);
    }
  }
}
