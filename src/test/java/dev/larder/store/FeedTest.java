package dev.larder.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.DeadlockException;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class FeedTest {
  private final Feed<String, Integer> feed = new Feed<>();
  private final List<String> told = Collections.synchronizedList(new ArrayList<>());

  @Test
  void changesOfAKeyAreToldInTheirOrderByWhoeverComesFirst() {
    subscribe(change -> told.add(change.key() + change.newValue()));
    Feed.Ticket<String, Integer> first = record("a", 1);
    Feed.Ticket<String, Integer> other = record("b", 2);
    Feed.Ticket<String, Integer> second = record("a", 3);

    feed.deliver(second);
    assertThat(told).containsExactly("a1", "a3");
    feed.deliver(first);
    feed.deliver(other);
    assertThat(told).containsExactly("a1", "a3", "b2");
    assertNoLines();
  }

  @Test
  void everySubscriberIsToldAndTheWriterGetsTheFirstFailure() {
    subscribe(
        change -> {
          throw new IllegalStateException("first");
        });
    subscribe(
        change -> {
          throw new AssertionError("second");
        });
    subscribe(change -> told.add(change.key()));
    Feed.Ticket<String, Integer> ticket = record("a", 1);

    assertThatThrownBy(() -> feed.deliver(ticket))
        .hasMessage("first")
        .satisfies(failure -> assertThat(failure.getSuppressed()).hasSize(1));
    assertThat(told).containsExactly("a");
    assertNoLines();
  }

  @Test
  void aFailureBelongsToTheChangeItIsOf() {
    subscribe(
        change -> {
          told.add(change.key() + change.newValue());
          if (change.newValue() == 1) {
            throw new IllegalStateException("one");
          }
        });
    Feed.Ticket<String, Integer> first = record("a", 1);
    Feed.Ticket<String, Integer> second = record("a", 2);
    feed.deliver(second);

    assertThatThrownBy(() -> feed.deliver(first)).hasMessage("one");
    assertThat(told).containsExactly("a1", "a2");
    assertNoLines();
  }

  @Test
  void whoIsTakenAwayIsNotTold() {
    Subscriber<String, Integer> subscriber = subscribe(change -> told.add(change.key()));
    subscribe(change -> told.add("also " + change.key()));
    feed.unsubscribe(subscriber);
    feed.deliver(record("a", 1));

    assertThat(told).containsExactly("also a");
    assertThat(feed.isActive()).isTrue();
  }

  @Test
  void aSubscriberMayNotWriteTheKeyItIsToldOf() {
    subscribe(change -> feed.refuseReentry(change.key()));
    Feed.Ticket<String, Integer> ticket = record("a", 1);

    assertThatThrownBy(() -> feed.deliver(ticket))
        .isInstanceOf(DeadlockException.class)
        .hasMessageContaining("'a'");
    feed.refuseReentry("a"); // anybody else may
  }

  /** As when a listener reads its own key, whose new value has just expired. */
  @Test
  void aChangeFoundWhileItsKeyIsToldOfIsToldNext() {
    subscribe(
        change -> {
          told.add("begin " + change.newValue());
          if (change.newValue() == 1) {
            feed.deliver(record("a", 2));
          }
          told.add("end " + change.newValue());
        });
    feed.deliver(record("a", 1));

    assertThat(told).containsExactly("begin 1", "end 1", "begin 2", "end 2");
    assertNoLines();
  }

  /**
   * Two listeners that each write the key of the other: one of the writers is refused, but its
   * change was done, and is told by the other.
   */
  @Test
  void aChangeWhoseWriterWasRefusedIsToldByWhoeverItWouldHaveWaitedFor() {
    CountDownLatch bothTell = new CountDownLatch(2);
    List<Throwable> refused = Collections.synchronizedList(new ArrayList<>());
    subscribe(
        change -> {
          told.add(change.key() + change.newValue());
          if (change.newValue() == 1) {
            bothTell.countDown();
            awaitLatch(bothTell);
            String other = change.key().equals("a") ? "b" : "a";
            Feed.Ticket<String, Integer> ticket = record(other, 2);
            try {
              feed.deliver(ticket);
            } catch (DeadlockException e) {
              refused.add(e);
            }
          }
        });
    Together.run(() -> feed.deliver(record("a", 1)), () -> feed.deliver(record("b", 1)));

    assertThat(refused).hasSize(1);
    assertThat(refused.get(0)).hasMessageStartingWith("the change was done, but ");
    assertThat(told).containsExactlyInAnyOrder("a1", "b1", "a2", "b2");
    assertNoLines();
  }

  /**
   * A thread that holds something and whose change has been told is not awake yet. Who told it may
   * wait for what that thread holds: it will let go.
   */
  @Test
  void whoWasToldButIsNotAwakeYetClosesNoCircle() {
    for (int round = 0; round < 300; round++) {
      Entry<String, Integer> x = new Entry<>("x", (short) 0, null);
      Feed<String, Integer> feed = new Feed<>();
      CountDownLatch telling = new CountDownLatch(1);
      CountDownLatch go = new CountDownLatch(1);
      feed.subscribe(
          subscriber(
              change -> {
                if (change.newValue() == 1) {
                  telling.countDown();
                  awaitLatch(go);
                } else if (change.newValue() == 3) {
                  EntryLocks.hold(x);
                  EntryLocks.release(x, Entry.FREE);
                }
              }));
      Feed.Ticket<String, Integer> first = feed.record(change("a", 1));
      Together.run(
          () -> feed.deliver(first),
          () -> { // holds x in user code, and writes a
            awaitLatch(telling);
            Waits.hold(x);
            feed.deliver(feed.record(change("a", 2)));
            Waits.letGo(x);
            EntryLocks.release(x, Entry.FREE);
          },
          () -> { // writes a after that, with a subscriber who wants x
            awaitLatch(telling);
            Map<?, ?> lines = lines(feed);
            while (tickets(lines) == 0) {
              Thread.onSpinWait();
            }
            Feed.Ticket<String, Integer> third = feed.record(change("a", 3));
            new Thread(go::countDown).start();
            feed.deliver(third);
          });
    }
  }

  // ---------------------------------------------------------------------------------------------

  private Feed.Ticket<String, Integer> record(String key, int value) {
    return feed.record(change(key, value));
  }

  private static Change<String, Integer> change(String key, int value) {
    return new Change<>(
        key, null, Entry.ETERNAL, value, Entry.ETERNAL, Change.Cause.CREATED, "set");
  }

  private Subscriber<String, Integer> subscribe(Consumer<Change<String, Integer>> delivered) {
    Subscriber<String, Integer> subscriber = subscriber(delivered);
    feed.subscribe(subscriber);
    return subscriber;
  }

  private static Subscriber<String, Integer> subscriber(
      Consumer<Change<String, Integer>> delivered) {
    return new Subscriber<>() {
      @Override
      public void delivered(Change<String, Integer> change) {
        delivered.accept(change);
      }
    };
  }

  private void assertNoLines() {
    assertThat(lines(feed)).as("lines of keys with nothing to tell").isEmpty();
  }

  private static Map<?, ?> lines(Feed<?, ?> feed) {
    try {
      Field lines = Feed.class.getDeclaredField("lines");
      lines.setAccessible(true);
      return (Map<?, ?>) lines.get(feed);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  private static int tickets(Map<?, ?> lines) {
    Feed.Line<?, ?> line = (Feed.Line<?, ?>) lines.get("a");
    if (line == null) {
      return 0;
    }
    synchronized (line) {
      return line.tickets.size();
    }
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
