package dev.larder.bench;

import static dev.larder.bench.Data.Values.LONG;
import static dev.larder.bench.Data.Values.POJO;
import static dev.larder.bench.Data.Values.STRING;
import static dev.larder.bench.Row.Against.BEST_PEER;
import static dev.larder.bench.Row.Against.BYTES;
import static dev.larder.bench.Row.Against.BY_REFERENCE;
import static dev.larder.bench.Row.Against.CACHE2K;
import static dev.larder.bench.Row.Against.CHM;
import static dev.larder.bench.Subject.Expiry.ACCESSED;
import static dev.larder.bench.Subject.Expiry.CREATED;
import static dev.larder.bench.Subject.Expiry.ETERNAL;
import static dev.larder.bench.Target.Operation.GET;
import static dev.larder.bench.Target.Operation.GET_OR_PUT;
import static dev.larder.bench.Target.Operation.INCREMENT;
import static dev.larder.bench.Target.Operation.MIX;
import static dev.larder.bench.Target.Operation.PUT;

import dev.larder.bench.Data.Values;
import dev.larder.bench.Subject.Expiry;
import dev.larder.bench.Subject.Setup;
import dev.larder.bench.Target.Operation;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * A workload of the table and what is to be reached there. A row has a line per number of threads,
 * or per figure; a line is named by its {@code part}, such as "2 threads".
 *
 * <p>The name is what {@code --rows} selects by, and starts with the operation: {@code created} and
 * {@code accessed} are the expiry policies, {@code counted} means statistics on, {@code 10k} that
 * all entries fit into the second-level cache, {@code bounded} that there is a limit to them,
 * {@code string} and {@code pojo} are by value.
 *
 * @param kind how it is measured; {@code operation} and {@code threads} matter to TIMED only
 */
record Row(
    String name,
    Kind kind,
    Operation operation,
    Values values,
    Setup setup,
    int entries,
    List<Integer> threads,
    List<Goal> goals) {

  enum Kind {
    /** CPU time of an operation on a full cache. */
    TIMED,
    /** Heap per entry. */
    MEMORY,
    /** See {@link Growth}. */
    GROWTH
  }

  /** What a goal's factor multiplies. */
  enum Against {
    CACHE2K("× cache2k"),
    CHM("× chm"),
    /** The best of the other providers. */
    BEST_PEER("× best peer"),
    /** Larder's own figure for the same operation by reference. */
    BY_REFERENCE("× by reference"),
    /** Nothing: the factor is the limit itself. */
    BYTES("bytes");

    final String text;

    Against(String text) {
      this.text = text;
    }
  }

  /** Larder's figure ≤ factor × another figure; of any part of the row, or of one only. */
  record Goal(double factor, Against against, String part) {
    Goal at(int threads) {
      return new Goal(factor, against, threads(threads));
    }

    Goal of(String otherPart) {
      return new Goal(factor, against, otherPart);
    }

    boolean isFor(String otherPart) {
      return part.isEmpty() || part.equals(otherPart);
    }
  }

  static final String LONGEST_PUT = "longest put, µs";
  static final String READERS = "reader p99.9, ns";
  private static final int M = 1_000_000;
  private static final int K = 1000;

  // spotless:off
  /** In the order of the table. A goal without a number of threads holds at each. */
  static final List<Row> ALL = List.of(
      timed("get",                GET,       LONG,   ETERNAL,  false, M,       List.of(1, 2, 8), goal(0.8, CACHE2K), goal(1.3, CHM)),
      timed("put",                PUT,       LONG,   ETERNAL,  false, M,       List.of(1, 2, 8), goal(0.7, CACHE2K)),
      timed("mix",                MIX,       LONG,   ETERNAL,  false, M,       List.of(1, 2, 8), goal(0.6, CACHE2K).at(2)),
      timed("increment",          INCREMENT, LONG,   ETERNAL,  false, M,       List.of(1, 2, 8), goal(0.5, BEST_PEER).at(1)),
      timed("get-created",        GET,       LONG,   CREATED,  false, M,       List.of(1, 2, 8), goal(0.5, CACHE2K)),
      timed("put-created",        PUT,       LONG,   CREATED,  false, M,       List.of(1, 2, 8)),
      timed("mix-created",        MIX,       LONG,   CREATED,  false, M,       List.of(1, 2, 8)),
      timed("increment-created",  INCREMENT, LONG,   CREATED,  false, M,       List.of(1, 2, 8)),
      timed("get-accessed",       GET,       LONG,   ACCESSED, false, M,       List.of(1, 2, 8), goal(0.25, BEST_PEER)),
      timed("put-accessed",       PUT,       LONG,   ACCESSED, false, M,       List.of(1, 2, 8)),
      timed("mix-accessed",       MIX,       LONG,   ACCESSED, false, M,       List.of(1, 2, 8)),
      timed("increment-accessed", INCREMENT, LONG,   ACCESSED, false, M,       List.of(1, 2, 8)),
      timed("get-counted",        GET,       LONG,   ETERNAL,  true,  M,       List.of(1, 2, 8)),
      timed("put-counted",        PUT,       LONG,   ETERNAL,  true,  M,       List.of(1, 2, 8)),
      timed("mix-counted",        MIX,       LONG,   ETERNAL,  true,  M,       List.of(1, 2, 8)),
      timed("increment-counted",  INCREMENT, LONG,   ETERNAL,  true,  M,       List.of(1, 2, 8)),
      timed("get-10k",            GET,       LONG,   ETERNAL,  false, 10 * K,  List.of(1),       goal(0.8, CACHE2K)),
      timed("get-10k-counted",    GET,       LONG,   ETERNAL,  true,  10 * K,  List.of(1),       goal(1.0, CACHE2K)),
      // Bounded to as many as there are, and so full: what bookkeeping costs. Then to a tenth: what evicting does.
      bounded("get-bounded",        GET,        M,       List.of(1, 2, 8)),
      bounded("put-bounded",        PUT,        M,       List.of(1, 2, 8)),
      bounded("get-or-put-bounded", GET_OR_PUT, 100 * K, List.of(1, 2, 8), goal(1.0, CACHE2K)),
      // "As by reference", with the 25 % that two rows may differ by noise.
      timed("get-string",         GET,       STRING, ETERNAL,  false, M,       List.of(1),       goal(1.25, BY_REFERENCE)),
      timed("put-string",         PUT,       STRING, ETERNAL,  false, M,       List.of(1),       goal(1.25, BY_REFERENCE)),
      // Fewer, as the peers serialize: filling a million would take longer than measuring.
      timed("get-pojo",           GET,       POJO,   ETERNAL,  false, 100 * K, List.of(1),       goal(0.7, BEST_PEER)),
      timed("put-pojo",           PUT,       POJO,   ETERNAL,  false, 100 * K, List.of(1),       goal(0.7, BEST_PEER)),
      new Row("memory", Kind.MEMORY, GET, LONG, Setup.PLAIN, M,     List.of(), List.of(goal(46, BYTES))),
      new Row("growth", Kind.GROWTH, PUT, LONG, Setup.PLAIN, 4 * M, List.of(), List.of(goal(1.0, CHM).of(LONGEST_PUT))));
  // spotless:on

  private static Row timed(
      String name,
      Operation operation,
      Values values,
      Expiry expiry,
      boolean statistics,
      int entries,
      List<Integer> threads,
      Goal... goals) {
    Setup setup = new Setup(expiry, statistics, values.byValue, Setup.UNBOUNDED);
    return new Row(name, Kind.TIMED, operation, values, setup, entries, threads, List.of(goals));
  }

  /** Of a million keys as everywhere, not all of which need be in the cache. */
  private static Row bounded(
      String name, Operation operation, int bound, List<Integer> threads, Goal... goals) {
    Setup setup = Setup.bounded(ETERNAL, bound);
    return new Row(name, Kind.TIMED, operation, LONG, setup, M, threads, List.of(goals));
  }

  private static Goal goal(double factor, Against against) {
    return new Goal(factor, against, "");
  }

  static Row named(String name) {
    return ALL.stream()
        .filter(row -> row.name.equals(name))
        .findFirst()
        .orElseThrow(() -> new NoSuchElementException("no row is called " + name));
  }

  /** The name of one line of a timed row. */
  static String threads(int threads) {
    return threads == 1 ? "1 thread" : threads + " threads";
  }

  boolean hasSubject(Subject subject) {
    return subject.isProvider() || setup.equals(Setup.PLAIN);
  }

  /** A selection such as {@code get,put-*}: names, or beginnings of names. */
  boolean isSelectedBy(String selection) {
    for (String wanted : selection.split(",")) {
      if (wanted.endsWith("*")
          ? name.startsWith(wanted.substring(0, wanted.length() - 1))
          : name.equals(wanted)) {
        return true;
      }
    }
    return false;
  }

  /** Whether a quick run has this row: those that take long to fill are left out. */
  boolean isQuick() {
    return !goals.isEmpty() && !values.byValue && kind != Kind.GROWTH;
  }

  /** The threads that a goal speaks of, or one: what a quick run measures. */
  List<Integer> quickThreads() {
    List<Integer> stated =
        threads.stream()
            .filter(n -> goals.stream().anyMatch(goal -> goal.part.equals(threads(n))))
            .toList();
    return !stated.isEmpty() || threads.isEmpty() ? stated : threads.subList(0, 1);
  }
}
