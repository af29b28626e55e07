package dev.larder.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.DeadlockException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WaitsTest {
  private final Store<String, Integer> store = new Store<>(StoreClock.of(() -> 0), Runnable::run);

  @Test
  void userCodeThatWantsTheKeyItWorksOnIsRefused() {
    Entry<String, Integer> held = store.holdOrReserve("mine", true);
    store.noteHeld(held);
    try {
      assertThatThrownBy(() -> store.holdOrReserve("mine", true))
          .isInstanceOf(DeadlockException.class)
          .hasMessageContaining("'mine'")
          .hasMessageContaining("this very thread");
    } finally {
      store.dropNote(held);
      store.release(held);
    }
    store.release(store.holdOrReserve("mine", true));
    assertThat(store.find("mine")).isNull();
  }

  @Test
  void ofThreadsThatWaitInACircleOneIsRefusedAndTheOthersGoOn() {
    for (int threads = 2; threads <= 4; threads++) {
      for (int round = 0; round < 100; round++) {
        int n = threads;
        AtomicInteger refused = new AtomicInteger();
        CyclicBarrier allHold = new CyclicBarrier(n);
        Together.Task[] tasks = new Together.Task[n];
        for (int i = 0; i < n; i++) {
          String mine = "key" + i;
          String next = "key" + (i + 1) % n;
          tasks[i] =
              () -> {
                Entry<String, Integer> held = store.holdOrReserve(mine, true);
                store.noteHeld(held);
                try {
                  allHold.await();
                  store.release(store.holdOrReserve(next, true));
                } catch (DeadlockException e) {
                  assertThat(e).hasMessageContaining(next).hasMessageContaining(mine);
                  refused.incrementAndGet();
                } finally {
                  store.dropNote(held);
                  store.release(held);
                }
              };
        }
        Together.run(tasks);
        assertThat(refused).as("refused of %s", n).hasValue(1);
      }
    }
  }

  @Test
  void waitingForAChainOfHoldersIsNoCircle() {
    for (int round = 0; round < 100; round++) {
      CyclicBarrier allHold = new CyclicBarrier(3);
      Together.Task[] tasks = new Together.Task[3];
      for (int i = 0; i < 3; i++) {
        String mine = "key" + i;
        String next = "key" + (i + 1); // key3 is nobody's
        tasks[i] =
            () -> {
              Entry<String, Integer> held = store.holdOrReserve(mine, true);
              store.noteHeld(held);
              try {
                allHold.await();
                store.release(store.holdOrReserve(next, true));
              } finally {
                store.dropNote(held);
                store.release(held);
              }
            };
      }
      Together.run(tasks);
    }
    assertThat(store.size()).isZero();
  }

  @Test
  void ordinaryContentionOfThreadsThatHoldSomethingIsNoCircle() {
    Together.Task[] tasks = new Together.Task[4];
    for (int i = 0; i < 4; i++) {
      String mine = "mine" + i;
      tasks[i] =
          () -> {
            for (int n = 0; n < 5_000; n++) {
              Entry<String, Integer> held = store.holdOrReserve(mine, true);
              store.noteHeld(held);
              Entry<String, Integer> shared = store.holdOrReserve("shared", true);
              store.noteHeld(shared);
              store.dropNote(shared);
              store.release(shared);
              store.dropNote(held);
              store.release(held);
            }
          };
    }
    Together.run(tasks);
  }

  @Test
  void anInterruptedThreadWaitsOnAndStaysInterrupted() {
    Entry<String, Integer> held = store.holdOrReserve("a", true);
    Together.run(
        () -> {
          Thread.currentThread().interrupt();
          store.release(store.holdOrReserve("a", true));
          assertThat(Thread.currentThread().isInterrupted()).isTrue();
        },
        () -> store.release(held));
  }
}
