package dev.larder.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * Replays traces on bounded caches, and prints how many percent of the requests each of them could
 * answer: Larder, Caffeine and cache2k beside what is best possible, LRU and S3-FIFO. A request is
 * a get and, if it finds nothing, a put. Capacities are fractions of the number of distinct keys of
 * a trace, rounded down. Traces are in files as {@link Trace} describes them:
 *
 * <pre>
 * mvn -q -Pbench test-compile exec:exec@hit-ratios \
 *     -Dbench.args="--traces directory --sizes vaultservice=.01,.05,.2,.5 --application web07,web12"
 * </pre>
 *
 * <p>For each trace of the directory, by alphabet:
 *
 * <pre>
 * | case                       |   belady |      lru |  s3-fifo | caffeine |  cache2k |   larder | …
 * | web07 .01                  |    53.40 |    39.15 |    43.76 |    43.56 |    42.14 |        … |
 * </pre>
 *
 * then the means over all cases, of hit ratios and of the part of the optimum that is reached
 * (every case counts alike, also one in which there is next to nothing to be hit), and the case in
 * which a column loses most on Caffeine.
 *
 * <h2>What it cannot show</h2>
 *
 * One thread asks, so that nothing of what a cache saves under contention is lost: accesses that it
 * forgets to note, or notes late, and a bound that it exceeds for a moment. All entries weigh the
 * same, none expires or is removed. And it is not the time that an operation takes: that is in
 * {@link Table}. Caffeine's figures change by some hundredths between runs, as it admits by chance;
 * the others' do not. The size of each cache is looked at now and then, and the largest is compared
 * with its capacity below the table.
 */
public final class HitRatios {

  private static final String USAGE =
      """
      Options:
        --traces directory  where the traces are: *.gz of big-endian ints, keys numbered from 0
        --only a,b          only the traces of these names
        --sizes name=.1,.2  other fractions for a trace; may be given more than once
        --application a,b   traces of which there are means of their own
        --columns a,b       only these of belady, lru, s3-fifo, caffeine, cache2k, larder, order
        --out directory     where hit-ratios.md goes (target/bench)
      """;

  /** Of few keys a hundredth is next to nothing. */
  private static final int FEW_KEYS = 10_000;

  private static final List<String> FRACTIONS = List.of(".01", ".03", ".1", ".25");
  private static final List<String> FRACTIONS_OF_FEW = List.of(".05", ".1", ".2", ".4");

  /** Requests between two looks at a size. */
  private static final int LOOK = 997;

  /** A trace at a size, with the hit ratio of each column in percent. */
  private record Case(String trace, String fraction, Map<Contender, Double> ratios) {
    String name() {
      return trace + " " + fraction;
    }

    double ratio(Contender contender) {
      return ratios.get(contender);
    }

    /** The part of what is possible; all of it where nothing is. */
    double partOfOptimum(Contender contender) {
      double optimum = ratio(Contender.BELADY);
      return optimum == 0 ? 1 : ratio(contender) / optimum;
    }
  }

  private final Options options;
  private final List<Contender> columns;
  private final Map<String, List<String>> sizes = new HashMap<>();
  private final Grid<Contender> grid;
  private final List<Case> cases = new ArrayList<>();

  /** By how many entries a column was over its capacity at most. */
  private final Map<Contender, Long> overshoots = new EnumMap<>(Contender.class);

  /** Which columns were not full at the end of a case, and whose bound did not hold. */
  private final List<String> notes = new ArrayList<>();

  private HitRatios(Options options) {
    this.options = options;
    columns =
        options.selection("--columns", Contender.labels()).stream()
            .map(Contender::labelled)
            .toList();
    grid = new Grid<>(columns, 26);
    for (String given : options.all("--sizes")) {
      String[] parts = given.split("=", 2);
      if (parts.length != 2) {
        throw new IllegalArgumentException("expected --sizes name=.1,.2, found " + given);
      }
      sizes.put(parts[0], List.of(parts[1].split(",")));
    }
  }

  public static void main(String[] arguments) throws Exception {
    Options options = Options.parse(USAGE, arguments);
    if (!options.has("--traces")) {
      System.err.print("Expected --traces\n" + USAGE);
      System.exit(2);
    }
    new HitRatios(options).run();
  }

  private void run() throws Exception {
    long start = System.nanoTime();
    List<Path> files = Trace.in(Path.of(options.get("--traces", "")));
    List<String> names = options.selection("--only", files.stream().map(Trace::name).toList());
    grid.say("Hit ratios in percent.");
    grid.say("Options: " + options + ".\n");
    grid.head("case", Contender::label, "");
    for (Path file : files) {
      if (names.contains(Trace.name(file))) {
        replay(Trace.read(file));
      }
    }
    means("all", aCase -> true);
    if (options.has("--application")) {
      List<String> application =
          options.selection("--application", files.stream().map(Trace::name).toList());
      means("application", aCase -> application.contains(aCase.trace));
    }
    overshoots.forEach(
        (column, entries) ->
            notes.add(column.label() + " exceeded its capacity by up to " + entries + "."));
    notes.forEach(note -> grid.say("\n" + note));
    grid.say(String.format(Locale.ROOT, "%nTook %.0f s.", (System.nanoTime() - start) / 1e9));
    grid.save(Path.of(options.get("--out", "target/bench"), "hit-ratios.md"));
  }

  private List<String> fractions(Trace trace) {
    return sizes.getOrDefault(
        trace.name(), trace.distinct() < FEW_KEYS ? FRACTIONS_OF_FEW : FRACTIONS);
  }

  private void replay(Trace trace) {
    for (String fraction : fractions(trace)) {
      int capacity = Math.max(1, (int) (trace.distinct() * Double.parseDouble(fraction)));
      Case replayed = new Case(trace.name(), fraction, new EnumMap<>(Contender.class));
      for (Contender column : columns) {
        System.err.printf(
            "%s: %d requests, %d keys, room for %d: %s%n",
            replayed.name(), trace.keys().length, trace.distinct(), capacity, column.label());
        replayed.ratios.put(column, replay(trace, capacity, column, replayed.name()));
      }
      cases.add(replayed);
      grid.line(
          replayed.name(),
          column -> String.format(Locale.ROOT, "%.2f", replayed.ratio(column)),
          "");
    }
  }

  private double replay(Trace trace, int capacity, Contender column, String name) {
    long hits = 0;
    try (Contender.Replayed cache = column.open(trace, capacity)) {
      int countdown = LOOK;
      for (int key : trace.keys()) {
        if (cache.request(key)) {
          hits++;
        }
        if (--countdown == 0) {
          countdown = LOOK;
          long over = cache.size() - capacity;
          if (over > 0) {
            overshoots.merge(column, over, Math::max);
          }
        }
      }
      // Belady's has nobody in it who does not come again.
      if (column != Contender.BELADY && cache.size() < capacity - capacity / 50) {
        notes.add(
            column.label() + " held only " + cache.size() + " of " + capacity + " after " + name);
      }
    }
    return 100.0 * hits / trace.keys().length;
  }

  private void means(String which, Predicate<Case> filter) {
    List<Case> chosen = cases.stream().filter(filter).toList();
    if (chosen.isEmpty()) {
      return;
    }
    String of = ", " + which + " " + chosen.size();
    grid.line("hit ratio" + of, column -> mean(chosen, c -> c.ratio(column), 2), "mean");
    if (columns.contains(Contender.BELADY)) {
      grid.line("hit/belady" + of, column -> mean(chosen, c -> c.partOfOptimum(column), 3), "mean");
    }
    if (columns.contains(Contender.CAFFEINE)) {
      Map<Contender, Case> worst = new EnumMap<>(Contender.class);
      for (Case aCase : chosen) {
        for (Contender column : columns) {
          worst.merge(column, aCase, (a, b) -> lead(b, column) < lead(a, column) ? b : a);
        }
      }
      grid.line(
          "− caffeine" + of,
          column -> String.format(Locale.ROOT, "%+.2f", lead(worst.get(column), column)),
          "worst" + worst(worst));
    }
  }

  private static String mean(List<Case> cases, ToDoubleFunction<Case> figure, int digits) {
    double mean = cases.stream().mapToDouble(figure).average().orElseThrow();
    return String.format(Locale.ROOT, "%." + digits + "f", mean);
  }

  /** Points above Caffeine. */
  private static double lead(Case aCase, Contender column) {
    return aCase.ratio(column) - aCase.ratio(Contender.CAFFEINE);
  }

  /** Where Larder's worst is, and that of its policy. */
  private static String worst(Map<Contender, Case> worst) {
    StringBuilder text = new StringBuilder();
    for (Contender column : List.of(Contender.LARDER, Contender.ORDER)) {
      if (worst.containsKey(column)) {
        text.append(", ").append(column.label()).append(" at ").append(worst.get(column).name());
      }
    }
    return text.toString();
  }
}
