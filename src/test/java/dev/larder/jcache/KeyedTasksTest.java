package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.store.Together;
import java.lang.ref.WeakReference;
import java.lang.reflect.Field;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class KeyedTasksTest {
  private static final int CHAIN = 10_000;

  private final ByHand executor = new ByHand();
  private final KeyedTasks<String> tasks = new KeyedTasks<>(executor);
  private final List<String> done = Collections.synchronizedList(new ArrayList<>());

  /** Runs what it was given when the test says so, refuses it, or lets the caller run it. */
  private static final class ByHand implements Executor {
    final ArrayDeque<Runnable> given = new ArrayDeque<>();
    boolean direct;
    RuntimeException refusal;

    @Override
    public void execute(Runnable task) {
      if (refusal != null) {
        throw refusal;
      }
      if (direct) {
        task.run();
      } else {
        given.add(task);
      }
    }

    void runFirst() {
      given.remove().run();
    }

    void runLast() {
      given.removeLast().run();
    }

    void runAll() {
      while (!given.isEmpty()) {
        runFirst();
      }
    }
  }

  // Order

  @Test
  void tasksOfAKeyAreGivenToTheExecutorOneAfterTheOther() {
    submit("first", "a");
    submit("second", "a");
    submit("third", "a");

    for (String name : List.of("first", "second", "third")) {
      assertThat(executor.given).hasSize(1);
      executor.runFirst();
      assertThat(done).endsWith(name);
    }
    assertThat(executor.given).isEmpty();
    assertThat(tasks.isIdle()).isTrue();
  }

  @Test
  void tasksOfDifferentKeysAreGivenAtOnce() {
    submit("a", "a");
    submit("b", "b");
    assertThat(executor.given).hasSize(2);

    executor.runLast();
    executor.runLast();
    assertThat(done).containsExactly("b", "a");
  }

  @Test
  void keysAreComparedByEquals() {
    submit("first", new String("a"));
    submit("second", new String("a"));
    assertThat(executor.given).hasSize(1);
  }

  @Test
  void aTaskOfSeveralKeysAwaitsTheLastTaskOfEach() {
    submit("a", "a");
    submit("b", "b");
    submit("both", "a", "b");
    executor.runLast();
    assertThat(executor.given).hasSize(1);
    executor.runFirst();

    executor.runAll();
    assertThat(done).containsExactly("b", "a", "both");
  }

  @Test
  void tasksOfEachKeyAwaitATaskOfSeveralKeys() {
    submit("both", "a", "b");
    submit("a", "a");
    submit("b", "b");
    submit("c", "c");
    assertThat(executor.given).hasSize(2);
    executor.runLast();
    executor.runFirst();
    assertThat(executor.given).hasSize(2);

    executor.runAll();
    assertThat(done).containsExactly("c", "both", "a", "b");
  }

  @Test
  void tasksWithTheSameKeysAndDuplicatesAwaitEachOtherOnce() {
    submit("first", "a", "b", "a");
    submit("second", "b", "a", "b");
    assertThat(executor.given).hasSize(1);

    executor.runAll();
    assertThat(done).containsExactly("first", "second");
    assertThat(tasks.isIdle()).isTrue();
  }

  @Test
  void theKeysAreThoseAtTheTimeOfTheCall() {
    List<String> keys = new ArrayList<>(List.of("a"));
    tasks.submit(keys, () -> done.add("first"));
    keys.set(0, "b");
    submit("second", "a");
    submit("other", "b");
    assertThat(executor.given).hasSize(2);

    executor.runAll();
    assertThat(tasks.isIdle()).isTrue();
  }

  @Test
  void aNullKeyIsRefusedAndLeavesNothing() {
    assertThatThrownBy(() -> submit("null", "a", null)).isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> tasks.share(null, end -> "", () -> {}))
        .isInstanceOf(NullPointerException.class);
    assertThat(tasks.isIdle()).isTrue();
  }

  @Test
  void whatIsNotYetDoneIsNotIdle() {
    assertThat(tasks.isIdle()).isTrue();
    submit("queued", "a");
    assertThat(tasks.isIdle()).isFalse();
    tasks.submit(List.of("b"), () -> done.add("idle: " + tasks.isIdle()));
    executor.runAll();
    assertThat(done).contains("idle: false");
    assertThat(tasks.isIdle()).isTrue();
  }

  // Barriers

  @Test
  void aBarrierAwaitsEveryEarlierTaskAndIsAwaitedByEveryLaterOne() {
    submit("a1", "a");
    submit("a2", "a");
    submit("b", "b");
    submit("nothing");
    submitForAll("all");
    submit("a3", "a");
    submit("c", "c");
    submit("nothing more");
    assertThat(executor.given).hasSize(3);
    executor.runFirst();
    executor.runFirst();
    executor.runFirst();
    assertThat(done).containsExactly("a1", "b", "nothing").doesNotContain("all");
    executor.runFirst();
    executor.runFirst();
    assertThat(done).endsWith("a2", "all");
    assertThat(executor.given).hasSize(3);

    executor.runAll();
    assertThat(tasks.isIdle()).isTrue();
  }

  @Test
  void barriersFollowEachOther() {
    submitForAll("first");
    submitForAll("second");
    submit("a", "a");
    submitForAll("third");
    for (int i = 0; i < 4; i++) {
      assertThat(executor.given).hasSize(1);
      executor.runFirst();
    }
    assertThat(done).containsExactly("first", "second", "a", "third");
    assertThat(tasks.isIdle()).isTrue();
  }

  @Test
  void aBarrierThatHasEndedIsNotAwaited() {
    submit("a", "a");
    submitForAll("all");
    submit("b", "b");
    executor.runAll();
    submit("c", "c");
    submit("b again", "b");
    assertThat(executor.given).hasSize(2);
  }

  // Sharing

  @Test
  void whoSharesATaskThatIsQueuedGetsItsResult() {
    CompletableFuture<String> first = share("first", "a");
    CompletableFuture<String> second = share("second", "a");
    assertThat(done).containsExactly("joined by second");
    assertThat(second).isNotSameAs(first);

    executor.runAll();
    assertThat(done).containsExactly("joined by second", "first");
    assertThat(first).isCompletedWithValue("first");
    assertThat(second).isCompletedWithValue("first");
    assertThat(tasks.isIdle()).isTrue();
  }

  @Test
  void whoSharesATaskThatIsRunningGetsItsResult() {
    List<CompletableFuture<String>> joined = new ArrayList<>();
    tasks.share(
        "a",
        end -> {
          joined.add(share("second", "a"));
          return "first";
        },
        () -> {});
    executor.runAll();

    assertThat(done).containsExactly("joined by second");
    assertThat(joined.get(0)).isCompletedWithValue("first");
  }

  @Test
  void theWorkMayEndTheSharingBeforeItEndsItself() {
    List<CompletableFuture<String>> later = new ArrayList<>();
    tasks.share(
        "a",
        end -> {
          later.add(share("second", "a"));
          end.run();
          later.add(share("third", "a"));
          later.add(share("fourth", "a"));
          return "first";
        },
        () -> {});
    executor.runAll();

    assertThat(done).containsExactly("joined by second", "joined by fourth", "third");
    assertThat(later.stream().map(CompletableFuture::join))
        .containsExactly("first", "third", "third");
    assertThat(tasks.isIdle()).isTrue();
  }

  @Test
  void endingTheSharingOfATaskThatHasEndedDoesNotConcernALaterOne() {
    List<Runnable> ends = new ArrayList<>();
    tasks.share("a", end -> ends.add(end), () -> {});
    executor.runAll();
    share("second", "a");
    ends.get(0).run();
    share("third", "a");
    executor.runAll();

    assertThat(done).containsExactly("joined by third", "second");
  }

  @Test
  void whoSharesGetsTheFailureToo() {
    Error failure = new AssertionError("failed");
    CompletableFuture<String> first = tasks.share("a", end -> fail(failure), () -> {});
    CompletableFuture<String> second = share("second", "a");
    executor.runAll();

    assertFailed(first, failure);
    assertFailed(second, failure);
  }

  @Test
  void aTaskThatHasEndedIsNotShared() {
    share("first", "a");
    executor.runAll();
    CompletableFuture<String> second = share("second", "a");
    executor.runAll();

    assertThat(second).isCompletedWithValue("second");
    assertThat(done).containsExactly("first", "second");
  }

  @Test
  void aDependentStageDoesNotShareWhatItDependsOn() {
    CompletableFuture<String> second =
        share("first", "a").thenCompose(result -> share("second", "a"));
    executor.runAll();

    assertThat(second).isCompletedWithValue("second");
  }

  @Test
  void tasksOfOtherKeysAreNotShared() {
    share("a", "a");
    share("b", "b");
    executor.runAll();
    assertThat(done).containsExactly("a", "b");
  }

  @Test
  void anotherTaskOnTheKeyEndsTheSharing() {
    share("first", "a");
    submit("write", "b", "a");
    CompletableFuture<String> second = share("second", "a");
    share("third", "a");
    executor.runAll();

    assertThat(done).containsExactly("joined by third", "first", "write", "second");
    assertThat(second).isCompletedWithValue("second");
  }

  @Test
  void aTaskThatWasNotSubmittedForSharingIsNotShared() {
    submit("write", "a");
    share("read", "a");
    executor.runAll();
    assertThat(done).containsExactly("write", "read");
  }

  @Test
  void aBarrierEndsTheSharing() {
    share("first", "a");
    submitForAll("all");
    share("second", "a");
    share("third", "a");
    executor.runAll();

    assertThat(done).containsExactly("joined by third", "first", "all", "second");
  }

  @Test
  void aTaskOfAnotherKeyDoesNotEndTheSharing() {
    share("first", "a");
    submit("write", "b");
    share("second", "a");
    assertThat(done).containsExactly("joined by second");
  }

  @Test
  void whatIsThrownOnJoiningGoesToTheCallerOnly() {
    CompletableFuture<String> first = share("first", "a");
    IllegalStateException failure = new IllegalStateException();
    assertThatThrownBy(() -> tasks.share("a", end -> "second", () -> fail(failure)))
        .isSameAs(failure);
    executor.runAll();

    assertThat(first).isCompletedWithValue("first");
    assertThat(tasks.isIdle()).isTrue();
  }

  // Failures and refusals

  @Test
  void aNullResultIsAResult() {
    CompletableFuture<String> future = tasks.submit(List.of("a"), () -> null);
    executor.runAll();
    assertThat(future).isCompletedWithValue(null);
  }

  @Test
  void whatTheWorkThrowsEndsTheTaskAndNotItsSuccessors() {
    for (Throwable failure : List.of(new IllegalStateException(), new StackOverflowError())) {
      CompletableFuture<String> failed = tasks.submit(List.of("a"), () -> fail(failure));
      CompletableFuture<?> next = submit("next", "a");
      CompletableFuture<String> barrier = tasks.submitForAll(() -> fail(failure));
      CompletableFuture<?> last = submit("last", "a");
      executor.runAll();

      assertFailed(failed, failure);
      assertFailed(barrier, failure);
      assertThat(next).isCompleted();
      assertThat(last).isCompleted();
      assertThat(tasks.isIdle()).isTrue();
    }
  }

  @Test
  void aTaskThatTheExecutorRefusesFailsAndIsNotPending() {
    executor.refusal = new RejectedExecutionException("closed");
    assertFailed(submit("key", "a"), executor.refusal);
    assertFailed(submitForAll("all"), executor.refusal);
    assertFailed(share("shared", "a"), executor.refusal);

    assertThat(done).isEmpty();
    assertThat(tasks.isIdle()).isTrue();
  }

  @Test
  void successorsOfARefusedTaskAreRefusedInTheirTurn() {
    RuntimeException refusal = new RejectedExecutionException("full");
    submit("first", "a", "b");
    CompletableFuture<?> second = submit("second", "a");
    CompletableFuture<?> third = submit("third", "a");
    CompletableFuture<?> other = submit("other", "b");
    executor.refusal = refusal;
    executor.runFirst();
    assertFailed(second, refusal);
    assertFailed(third, refusal);
    assertFailed(other, refusal);
    assertThat(tasks.isIdle()).isTrue();

    executor.refusal = null;
    submit("fourth", "a");
    executor.runAll();
    assertThat(done).containsExactly("first", "fourth");
  }

  @Test
  void aSuccessorIsRunThoughItsPredecessorWasRefused() {
    List<Runnable> given = new ArrayList<>();
    RuntimeException refusal = new RejectedExecutionException("the second");
    int[] calls = {0};
    KeyedTasks<String> some =
        new KeyedTasks<>(
            task -> {
              if (++calls[0] == 2) {
                throw refusal;
              }
              given.add(task);
            });
    some.submit(List.of("a"), () -> done.add("first"));
    CompletableFuture<?> second = some.submit(List.of("a"), () -> done.add("second"));
    CompletableFuture<?> third = some.submit(List.of("a"), () -> done.add("third"));
    given.get(0).run();
    assertFailed(second, refusal);
    assertThat(third).isNotDone();
    given.get(1).run();

    assertThat(done).containsExactly("first", "third");
    assertThat(some.isIdle()).isTrue();
  }

  @Test
  void aLongChainOfRefusedTasksDoesNotGrowTheStack() {
    submit("first", "a");
    List<CompletableFuture<?>> chain = new ArrayList<>();
    for (int i = 0; i < CHAIN; i++) {
      chain.add(submit("refused", "a"));
    }
    executor.refusal = new RejectedExecutionException();
    executor.runFirst();

    chain.forEach(future -> assertFailed(future, executor.refusal));
    assertThat(tasks.isIdle()).isTrue();
  }

  @Test
  void anExecutorThatRunsTheTaskAndThrowsOrRunsItTwiceDoesItOnce() {
    KeyedTasks<String> odd =
        new KeyedTasks<>(
            task -> {
              task.run();
              task.run();
              throw new IllegalStateException("after all");
            });
    CompletableFuture<Boolean> outer =
        odd.submit(
            List.of("a"),
            () -> {
              odd.submit(List.of("a"), () -> done.add("inner"));
              return done.add("outer");
            });

    assertThat(outer).isCompletedWithValue(true);
    assertThat(done).containsExactly("outer", "inner");
    assertThat(odd.isIdle()).isTrue();
  }

  // Keys that misbehave

  /** What the keys of one test have in common: whether their methods throw. */
  private static final class Calls {
    int left = Integer.MAX_VALUE; // until one throws
    boolean ever; // from then on all of them
    boolean thrown;

    void count() {
      if (left <= 0 && ever || left-- == 0) {
        thrown = true;
        throw new IllegalStateException("a key that throws");
      }
    }
  }

  /** A key that can be changed; all of them have the same hash, unless its name changes. */
  private static final class Key {
    final Calls calls;
    String name;

    Key(Calls calls, String name) {
      this.calls = calls;
      this.name = name;
    }

    @Override
    public int hashCode() {
      calls.count();
      return name.length();
    }

    @Override
    public boolean equals(Object other) {
      calls.count();
      return other instanceof Key key && key.name.equals(name);
    }
  }

  @Test
  void aKeyThatThrowsLeavesNoStageIncompleteAndNoKeyStuck() {
    for (boolean ever : List.of(false, true)) {
      boolean thrown;
      int before = 0;
      do {
        Calls calls = new Calls();
        calls.left = before++;
        calls.ever = ever;
        callWithKeysThatThrow(calls, "throws " + (ever ? "from call " : "at call ") + before);
        thrown = calls.thrown;
      } while (thrown);
      assertThat(before).isGreaterThan(10);
    }
  }

  private void callWithKeysThatThrow(Calls calls, String when) {
    KeyedTasks<Key> odd = new KeyedTasks<>(executor);
    Supplier<Key> a = () -> new Key(calls, "a");
    Supplier<Key> b = () -> new Key(calls, "b");
    List<CompletableFuture<?>> futures = new ArrayList<>();
    for (int round = 0; round < 2; round++) {
      List<Supplier<CompletableFuture<?>>> all =
          List.of(
              () -> odd.submit(List.of(b.get()), () -> "b"),
              () -> odd.submit(List.of(a.get(), b.get()), () -> "both"),
              () -> odd.share(a.get(), end -> "a", () -> {}),
              () -> odd.share(a.get(), end -> "a", () -> {}),
              () -> odd.submitForAll(() -> "all"),
              () -> odd.submit(List.of(b.get(), a.get()), () -> "both"));
      for (Supplier<CompletableFuture<?>> each : all) {
        try {
          futures.add(each.get());
        } catch (IllegalStateException e) {
          assertThat(e).hasMessage("a key that throws");
        }
      }
      executor.runAll();
    }

    calls.left = Integer.MAX_VALUE;
    assertThat(futures).as(when).allMatch(CompletableFuture::isDone);
    assertThat(odd.isIdle()).as(when).isTrue();
    assertThat(lines(odd)).as(when).isEmpty();
    futures.add(odd.submit(List.of(a.get()), () -> "a"));
    futures.add(odd.share(b.get(), end -> "b", () -> {}));
    assertThat(executor.given).as(when).hasSize(2);
    executor.runAll();
    assertThat(futures).as(when).allMatch(CompletableFuture::isDone);
  }

  /** What is kept of keys, that nobody sees from outside. */
  private static Map<?, ?> lines(KeyedTasks<?> tasks) {
    try {
      return (Map<?, ?>) field("lines").get(tasks);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  private static Field field(String name) throws NoSuchFieldException {
    Field field = KeyedTasks.class.getDeclaredField(name);
    field.setAccessible(true);
    return field;
  }

  @Test
  void aKeyThatIsChangedWhileItsTaskIsPendingBlocksNobody() {
    KeyedTasks<Key> odd = new KeyedTasks<>(executor);
    Calls calls = new Calls();
    Key key = new Key(calls, "a");
    CompletableFuture<?> submitted = odd.submit(List.of(key), () -> "submitted");
    CompletableFuture<?> shared = odd.share(key, end -> "shared", () -> {});
    key.name = "changed";
    executor.runAll();
    assertThat(submitted).isCompleted();
    assertThat(shared).isCompleted();
    assertThat(odd.isIdle()).isTrue();

    assertThat(lines(odd)).isEmpty();
    key.name = "a";
    CompletableFuture<?> second = odd.share(key, end -> "second", () -> {});
    CompletableFuture<?> third = odd.submit(List.of(new Key(calls, "a")), () -> "third");
    executor.runAll();
    assertThat(second).isCompleted();
    assertThat(third).isCompleted();
  }

  // Receivers

  /** What makes a {@code CompletableFuture} throw: a dependent stage wraps it by its text. */
  private static final class Untellable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @Override
    public String toString() {
      throw new IllegalStateException("no text");
    }
  }

  @Test
  void aReceiverThatCannotBeToldKeepsNoOtherFromBeingTold() {
    CompletableFuture<?> first = tasks.share("a", end -> fail(new Untellable()), () -> {});
    first.thenRun(() -> {});
    CompletableFuture<String> second = share("second", "a");
    submit("third", "a");
    executor.runAll();

    assertThat(second.isCompletedExceptionally()).isTrue();
    assertThat(done).containsExactly("joined by second", "third");
    assertThat(tasks.isIdle()).isTrue();
  }

  @Test
  void aReceiverThatCannotBeToldKeepsNoSuccessorFromRunning() {
    executor.direct = true;
    tasks.submit(
        List.of("a"),
        () -> {
          tasks.submit(List.of("a"), () -> fail(new Untellable())).thenRun(() -> {});
          submit("next", "a");
          submitForAll("all");
          return "";
        });

    assertThat(done).containsExactly("next", "all");
    assertThat(tasks.isIdle()).isTrue();
  }

  @Test
  void whoSharesATaskThatIsRefusedIsToldThoughAnotherCannotBe() {
    List<CompletableFuture<?>> joined = new ArrayList<>();
    List<KeyedTasks<String>> self = new ArrayList<>();
    KeyedTasks<String> refusing =
        new KeyedTasks<>(
            task -> {
              joined.add(self.get(0).share("a", end -> "second", () -> {}));
              joined.get(0).thenRun(() -> {});
              joined.add(self.get(0).share("a", end -> "third", () -> {}));
              throw new Untellable();
            });
    self.add(refusing);

    assertThat(refusing.share("a", end -> "first", () -> {}).isCompletedExceptionally()).isTrue();
    assertThat(joined).hasSize(2).allMatch(CompletableFuture::isCompletedExceptionally);
    assertThat(refusing.isIdle()).isTrue();
  }

  @Test
  void aCancelledTaskIsDoneInItsTurn() {
    submit("first", "a");
    CompletableFuture<?> second = submit("second", "a");
    submit("third", "a");
    assertThat(second.cancel(true)).isTrue();
    assertThat(executor.given).hasSize(1);

    executor.runAll();
    assertThat(done).containsExactly("first", "second", "third");
    assertThat(second).isCancelled();
  }

  @Test
  void whoCancelsOrCompletesASharedResultDoesSoForItself() {
    CompletableFuture<String> first = share("first", "a");
    CompletableFuture<String> second = share("second", "a");
    first.cancel(false);
    CompletableFuture<String> third = share("third", "a");
    second.complete("own");
    executor.runAll();

    assertThat(second).isCompletedWithValue("own");
    assertThat(third).isCompletedWithValue("first");
    assertThat(done).containsExactly("joined by second", "joined by third", "first");
  }

  @Test
  void aTaskIsNotPendingWhenItsFutureCompletes() {
    submit("first", "a").thenRun(() -> done.add("idle: " + tasks.isIdle()));
    executor.runAll();
    executor.refusal = new RejectedExecutionException();
    submit("refused", "a").whenComplete((r, t) -> done.add("idle: " + tasks.isIdle()));

    assertThat(done).containsExactly("first", "idle: true", "idle: true");
  }

  @Test
  void successorsAreHandedOverBeforeAFutureCompletes() {
    submit("first", "a").thenRun(() -> done.add("handed over: " + executor.given.size()));
    submit("second", "a");
    executor.runFirst();

    assertThat(done).containsExactly("first", "handed over: 1");
  }

  @Test
  void aFinishedTaskKeepsNothingOfItsSuccessorsAlive() {
    submit("first", "a");
    Runnable first = executor.given.peek();
    List<WeakReference<?>> later = new ArrayList<>();
    submitCollectable(later, List.of("a"));
    submitCollectable(later, List.of("a", "b"));
    submitCollectable(later, List.of());
    submitForAll("all");
    submitCollectable(later, List.of("b"));
    executor.runAll();

    for (int i = 0; i < 100 && !collected(later); i++) {
      System.gc();
    }
    assertThat(collected(later)).isTrue();
    assertThat(first).isNotNull(); // as an executor may still hold it
    assertThat(tasks.isIdle()).isTrue();
  }

  private void submitCollectable(List<WeakReference<?>> into, List<String> keys) {
    byte[] payload = new byte[100];
    into.add(new WeakReference<>(payload));
    tasks.submit(keys, () -> payload.length);
  }

  private static boolean collected(List<WeakReference<?>> references) {
    return references.stream().allMatch(reference -> reference.get() == null);
  }

  // Reentry, and executors that run tasks in the calling thread

  @Test
  void workMaySubmitBehindItself() {
    tasks.submit(
        List.of("a"),
        () -> {
          submit("successor", "a");
          submit("other", "b");
          return done.add("outer");
        });
    executor.runFirst();
    assertThat(done).containsExactly("outer");
    executor.runAll();
    assertThat(done).containsExactly("outer", "other", "successor");
  }

  @Test
  void aDirectExecutorHasDoneATaskWhenSubmitReturns() {
    executor.direct = true;
    assertThat(submit("key", "a")).isDone();
    assertThat(submitForAll("all")).isDone();
    assertThat(share("shared", "a")).isDone();
    assertThat(tasks.isIdle()).isTrue();
  }

  @Test
  void aDirectExecutorRunsASuccessorAfterThePredecessorsFutureHasCompleted() {
    submit("first", "a").thenRun(() -> done.add("first told"));
    submit("second", "a").thenRun(() -> done.add("second told"));
    executor.direct = true;
    executor.runFirst();

    assertThat(done).containsExactly("first", "first told", "second", "second told");
  }

  @Test
  void aDirectExecutorRunsManyTasksThatARunningTaskSubmitted() {
    executor.direct = true;
    List<Integer> order = new ArrayList<>();
    tasks.submit(
        List.of("a"),
        () -> {
          for (int i = 0; i < CHAIN; i++) {
            int number = i;
            tasks.submit(List.of("a"), () -> order.add(number));
          }
          assertThat(order).isEmpty();
          return "";
        });

    assertThat(order).isEqualTo(IntStream.range(0, CHAIN).boxed().toList());
    assertThat(tasks.isIdle()).isTrue();
  }

  @Test
  void aDirectExecutorRunsALongChainInWhichEachTaskSubmitsTheNext() {
    executor.direct = true;
    submitNext(1);
    assertThat(done).hasSize(CHAIN);
    assertThat(tasks.isIdle()).isTrue();
  }

  private void submitNext(int number) {
    Supplier<Boolean> work =
        () -> {
          if (number < CHAIN) {
            submitNext(number + 1);
          }
          return done.add("task");
        };
    if (number % 3 == 0) {
      tasks.submitForAll(work);
    } else {
      tasks.submit(List.of("a", "b" + number), work);
    }
  }

  @Test
  void everyTaskRunsInsideTheExecutorsOwnSurroundings() {
    boolean[] inside = {false};
    KeyedTasks<String> surrounded =
        new KeyedTasks<>(
            task -> {
              boolean before = inside[0];
              inside[0] = true;
              try {
                task.run();
              } finally {
                inside[0] = before;
              }
            });
    surrounded.submit(
        List.of("a"),
        () -> {
          surrounded.submit(List.of("a"), () -> done.add("successor inside: " + inside[0]));
          surrounded.submit(List.of("b"), () -> done.add("other inside: " + inside[0]));
          return done.add("first inside: " + inside[0]);
        });

    assertThat(done)
        .containsExactly("other inside: true", "first inside: true", "successor inside: true");
  }

  // Threads

  @Test
  void nothingForeignRunsUnderTheMonitor() throws Exception {
    Field field = field("monitor");
    ByHand inner = new ByHand();
    List<Object> monitor = new ArrayList<>();
    Runnable probe = () -> done.add("held: " + Thread.holdsLock(monitor.get(0)));
    KeyedTasks<String> probed =
        new KeyedTasks<>(
            task -> {
              probe.run();
              inner.execute(task);
            });
    monitor.add(field.get(probed));
    Supplier<String> work =
        () -> {
          probe.run();
          return "";
        };
    probed.share("a", end -> work.get(), probe).thenRun(probe);
    probed.share("a", end -> work.get(), probe).thenRun(probe);
    probed.submit(List.of("a"), work).thenRun(probe);
    probed.submitForAll(work).thenRun(probe);
    CompletableFuture<?> refused = probed.submit(List.of("b"), work);
    refused.whenComplete((result, failure) -> probe.run());
    for (int i = 0; i < 3; i++) {
      if (i == 2) {
        inner.refusal = new RejectedExecutionException();
      }
      inner.runFirst();
    }

    assertThat(refused).isCompletedExceptionally();
    // 4 executed, 3 done, 1 joined, 5 receivers told
    assertThat(done).hasSize(13).containsOnly("held: false");
  }

  /** What tasks of one key change without any synchronization of their own. */
  private static final class Plain {
    final int[] lastOfCaller;
    int changes;

    Plain(int callers) {
      lastOfCaller = new int[callers];
    }

    void change(int caller, int number) {
      int before = changes;
      assertThat(number).isGreaterThan(lastOfCaller[caller]);
      lastOfCaller[caller] = number;
      Thread.yield(); // let another task see the half of it
      changes = before + 1;
    }
  }

  @Test
  void callersSeeTheirOrderAndNoTwoTasksOfAKeyOverlap() {
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try {
      stress(pool, 3, 3, 4_000);
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void callersThatRunTheirTasksThemselvesSeeTheirOrderToo() {
    stress(Runnable::run, 3, 3, 4_000);
  }

  /** Each caller submits on one key, two keys, none, or all of them, and shares in between. */
  private static void stress(Executor executor, int callers, int keys, int rounds) {
    KeyedTasks<Integer> tasks = new KeyedTasks<>(executor);
    Plain[] plain = new Plain[keys];
    Arrays.setAll(plain, key -> new Plain(callers));
    List<CompletableFuture<?>> futures = Collections.synchronizedList(new ArrayList<>());
    int[][] expected = new int[callers][keys];
    Together.Task[] submitters = new Together.Task[callers];
    Arrays.setAll(
        submitters,
        caller ->
            () -> {
              Random random = new Random(caller);
              for (int number = 1; number <= rounds; number++) {
                Set<Integer> on = keysOf(random, keys);
                on.forEach(key -> expected[caller][key]++);
                Supplier<String> work = changing(plain, on, caller, number);
                futures.add(on.size() == keys ? tasks.submitForAll(work) : tasks.submit(on, work));
                int read = random.nextInt(keys);
                futures.add(tasks.share(read, end -> plain[read].changes, () -> {}));
              }
            });
    Together.run(submitters);
    CompletableFuture.allOf(futures.toArray(new CompletableFuture<?>[0]))
        .orTimeout(30, TimeUnit.SECONDS) // a lost successor must fail and not hang
        .join();

    assertThat(tasks.isIdle()).isTrue();
    for (int key = 0; key < keys; key++) {
      int of = key;
      assertThat(plain[key].changes).isEqualTo(Arrays.stream(expected).mapToInt(e -> e[of]).sum());
    }
  }

  private static Set<Integer> keysOf(Random random, int keys) {
    return switch (random.nextInt(20)) {
      case 0 -> Set.of();
      case 1 -> Set.copyOf(IntStream.range(0, keys).boxed().toList());
      case 2, 3, 4, 5 -> Set.copyOf(List.of(random.nextInt(keys), random.nextInt(keys)));
      default -> Set.of(random.nextInt(keys));
    };
  }

  private static Supplier<String> changing(
      Plain[] plain, Set<Integer> keys, int caller, int number) {
    return () -> {
      keys.forEach(key -> plain[key].change(caller, number));
      return "";
    };
  }

  // Words

  private CompletableFuture<?> submit(String name, String... keys) {
    return tasks.submit(Arrays.asList(keys), () -> done.add(name));
  }

  private CompletableFuture<?> submitForAll(String name) {
    return tasks.submitForAll(() -> done.add(name));
  }

  private CompletableFuture<String> share(String name, String key) {
    return tasks.share(
        key,
        end -> {
          done.add(name);
          return name;
        },
        () -> done.add("joined by " + name));
  }

  /** Throws anything, as work may. */
  @SuppressWarnings("unchecked")
  private static <R, X extends Throwable> R fail(Throwable failure) throws X {
    throw (X) failure;
  }

  private static void assertFailed(CompletableFuture<?> future, Throwable failure) {
    assertThat(future).isCompletedExceptionally();
    assertThatThrownBy(future::join)
        .isInstanceOf(CompletionException.class)
        .satisfies(thrown -> assertThat(thrown.getCause()).isSameAs(failure));
    List<Throwable> seen = new ArrayList<>();
    future.whenComplete((result, thrown) -> seen.add(thrown));
    assertThat(seen).containsExactly(failure); // itself, and not wrapped
  }
}
