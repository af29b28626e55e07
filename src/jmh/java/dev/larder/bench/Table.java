package dev.larder.bench;

import dev.larder.bench.Row.Against;
import dev.larder.bench.Row.Goal;
import dev.larder.bench.Row.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Measures Larder beside other JCache providers and a plain {@code ConcurrentHashMap}, and prints
 * the table of the README, which looks like this (the figures are made up):
 *
 * <pre>
 * | workload            | larder | cache2k |  chm | larder against its goal                    |
 * | get, 1 thread       |     80 |     110 |   67 | 0.73 (≤ 0.8 × cache2k: ok), 1.19 (≤ 1.3 …  |
 * </pre>
 *
 * The rows and goals are in {@link Row}, the columns in {@link Subject}; what happens in a child
 * JVM is in {@link Trial}. A subject that is not on the class path is left out, a trial that fails
 * is a gap in the table with a note below it.
 *
 * <h2>Method</h2>
 *
 * A figure is <em>process CPU time per operation</em>: on a shared machine it is steadier than wall
 * time, and it includes what a cache does on threads of its own. The best of several windows
 * counts. Every subject runs in a fresh JVM per row, with equal heap and collector, so that neither
 * profiles nor garbage of another row or subject are in it. The subjects of a row run one after the
 * other, so that a machine that gets slower does so for all of them. Only ratios mean anything, and
 * a ratio within 25 % of a goal may fall on either side of it.
 *
 * <p>A young collection falls into some windows and not into others, so the best window leaves it
 * out. {@code raw.tsv} has, after the figure of the table, the mean of all windows, wall time and
 * bytes allocated by the calling threads and lookups that found nothing, all per operation.
 *
 * <p>Not JMH: it times one benchmark at a time by wall clock, in its own order, and would fill a
 * million entries anew for each number of threads. Its precautions are taken here by hand: forks,
 * warm-up, a compiler blackhole, one implementation of each interface per JVM, data made ahead.
 *
 * <h2>What moves the figures</h2>
 *
 * Lookups of a million entries are cache misses of the processor, so they depend on where things
 * lie ({@code --popular}, {@code --keys}), and several of them overlap, while a put or an increment
 * has a lock in it and waits for each. Writes of old entries depend on the collector most of all:
 * the G1 of JDK 17 spends several hundred nanoseconds, half of them on threads of its own, on each
 * reference that is stored into an old object, whoever stores it (that of JDK 25 far less). {@code
 * --collector Parallel} takes that out and shows the caches' own work.
 *
 * <h2>Time</h2>
 *
 * The length of a window is computed before each row from the time that is left, between {@link
 * #SHORTEST_WINDOW} and {@link #LONGEST_WINDOW}: adding rows makes figures coarser, not the run
 * longer. The JDK counts CPU time in steps of 10 ms, so a window should not be much shorter.
 */
public final class Table {

  private static final int SHORTEST_WINDOW = 150;
  private static final int LONGEST_WINDOW = 500;

  private static final String USAGE =
      """
      Options:
        --quick             the main goals only, few threads, short windows: about 3 minutes
        --rows a,b-*        only these rows; an asterisk stands for any end of a name
        --subjects a,b      only these of larder, caffeine, cache2k, ehcache, chm
        --minutes n         the time to fit into (18; quick: 3)
        --window ms         length of a window, instead of computing it from the time
        --keys same|equal   look up by the inserted key instances (default) or by equal copies
        --popular scattered|adjacent   popular keys anywhere (default), or side by side in memory
        --collector G1|Parallel        of the trials' JVMs (G1)
        --java path         a java command to run the trials with, instead of this one
        --jvm-args "…"      more options for the trials' JVMs, separated by blanks
        --out directory     where table.md and raw.tsv go (target/bench)
      """;

  /** The same for all. Touching the heap first keeps page faults out of the figures. */
  private static final List<String> JVM = List.of("-Xms4g", "-Xmx4g", "-XX:+AlwaysPreTouch");

  /**
   * For what is not timed. {@link Growth} needs room for a round without a collection and no
   * concurrent cycles; and used heap must not be rounded up to regions, as G1 does for big arrays.
   */
  private static final List<String> PARALLEL_JVM = List.of("-Xmn3g", "-XX:+UseParallelGC");

  private static final List<String> BLACKHOLE =
      List.of(
          "-XX:+UnlockExperimentalVMOptions",
          "-XX:CompileCommand=quiet",
          "-XX:CompileCommand=blackhole,dev.larder.bench.Target::consume");

  private record Run(Row row, Subject subject) {}

  private final Options options;

  /** Row after row, and in a row subject after subject. */
  private final List<Run> plan = new ArrayList<>();

  private final List<Subject> columns = new ArrayList<>();

  /** Figures by line ("get, 1 thread") and subject; no entry for a trial that failed. */
  private final Map<String, Map<Subject, Double>> figures = new TreeMap<>();

  /** What is printed, and saved as table.md. */
  private final Grid<Subject> table = new Grid<>(columns, 30);

  private final StringBuilder raw = new StringBuilder();
  private final List<String> notes = new ArrayList<>();
  private final long start = System.nanoTime();

  /** Seconds that trials took beyond their windows, and what {@link #overhead} had guessed. */
  private double overheadSeen = 1;

  private double overheadGuessed = 1;

  private Table(Options options) {
    this.options = options;
  }

  public static void main(String[] arguments) throws Exception {
    Table table = new Table(Options.parse(USAGE, arguments));
    table.planRuns();
    table.measure();
  }

  private boolean quick() {
    return options.has("--quick");
  }

  private List<Integer> threads(Row row) {
    return quick() ? row.quickThreads() : row.threads();
  }

  private void planRuns() {
    List<String> wanted =
        options.selection(
            "--subjects", Arrays.stream(Subject.values()).map(Subject::label).toList());
    for (Subject subject : Subject.values()) {
      if (!wanted.contains(subject.label())) {
        continue;
      }
      if (subject.origin() == null) {
        notes.add(subject.label() + " is not on the class path and left out.");
        continue;
      }
      columns.add(subject);
    }
    for (Row row : Row.ALL) {
      boolean selected =
          options.has("--rows")
              ? row.isSelectedBy(options.get("--rows", ""))
              : !quick() || row.isQuick();
      for (Subject subject : columns) {
        if (selected && row.hasSubject(subject)) {
          plan.add(new Run(row, subject));
        }
      }
    }
    if (plan.isEmpty()) {
      throw new IllegalArgumentException(
          "nothing to measure: no row or no subject is selected; rows are "
              + Row.ALL.stream().map(Row::name).toList());
    }
  }

  private void measure() throws Exception {
    double minutes = Double.parseDouble(options.get("--minutes", quick() ? "3" : "18"));
    table.say(conditions());
    table.head("workload", Subject::label, "larder against its goal");
    int window = 0;
    // Every subject of a row gets windows of the same length, however late the run is.
    for (int i = 0; i < plan.size(); i++) {
      Run run = plan.get(i);
      List<Run> rest = plan.subList(i, plan.size());
      if (i == 0 || plan.get(i - 1).row != run.row) {
        window = window(rest, minutes * 60 - elapsed());
      }
      System.err.printf(
          "[%d/%d, %s left] %s %s, windows of %d ms%n",
          i + 1,
          plan.size(),
          clock(left(rest, window)),
          run.row.name(),
          run.subject.label(),
          window);
      double before = elapsed();
      measure(run, window);
      overheadSeen += elapsed() - before - windows(run) * window / 1000.0;
      overheadGuessed += overhead(run);
      if (i + 1 == plan.size() || plan.get(i + 1).row != run.row) {
        printLines(run.row);
      }
    }
    notes.forEach(note -> table.say("\n" + note));
    table.say("\nTook " + clock(elapsed()) + ".");
    Path out = Path.of(options.get("--out", "target/bench"));
    table.save(out.resolve("table.md"));
    Files.writeString(
        out.resolve("raw.tsv"),
        "row\tpart\tsubject\tfigure\tmean cpu ns\twall ns\tallocated bytes\tmisses\n" + raw);
  }

  // Time

  private double elapsed() {
    return (System.nanoTime() - start) / 1e9;
  }

  private int windows(Run run) {
    int changes = threads(run.row).size();
    return run.row.kind() == Kind.TIMED
        ? Trial.WARM_WINDOWS + changes * (1 + Trial.MEASURED_WINDOWS)
        : 0;
  }

  /** Seconds to start a JVM, make data and fill, guessed; only proportions matter. */
  private static double overhead(Run run) {
    return switch (run.row.kind()) {
      case TIMED -> 1 + run.row.entries() / 400_000.0;
      case MEMORY -> 4;
      case GROWTH -> 15;
    };
  }

  private double left(List<Run> rest, int window) {
    double guessed = rest.stream().mapToDouble(Table::overhead).sum();
    double windows = rest.stream().mapToInt(this::windows).sum();
    return guessed * overheadSeen / overheadGuessed + windows * window / 1000;
  }

  private int window(List<Run> rest, double seconds) {
    if (options.has("--window")) {
      return options.get("--window", 0);
    }
    int windows = Math.max(1, rest.stream().mapToInt(this::windows).sum());
    double millis = (seconds - left(rest, 0)) * 1000 / windows;
    return (int) Math.max(SHORTEST_WINDOW, Math.min(LONGEST_WINDOW, millis));
  }

  private static String clock(double seconds) {
    return String.format(Locale.ROOT, "%d:%02d", (int) seconds / 60, (int) seconds % 60);
  }

  // Trials

  /** Runs a trial in a JVM of its own; if it fails, the table has a gap and a note why. */
  private void measure(Run run, int window) throws IOException, InterruptedException {
    List<String> jvm = new ArrayList<>(JVM);
    jvm.addAll(run.row.kind() == Kind.TIMED ? List.of(collector()) : PARALLEL_JVM);
    jvm.addAll(BLACKHOLE);
    jvm.addAll(List.of(options.get("--jvm-args", "").trim().split("\\s+")));
    List<String> arguments =
        List.of(
            run.row.name(),
            run.subject.name(),
            Integer.toString(window),
            options.get("--keys", "same"),
            options.get("--popular", "scattered"),
            threads(run.row).stream().map(String::valueOf).collect(Collectors.joining(",")));
    try {
      for (String[] fields : new Child(java(), jvm).run(Trial.class, arguments)) {
        figures
            .computeIfAbsent(key(run.row, fields[0]), key -> new EnumMap<>(Subject.class))
            .put(run.subject, Double.valueOf(fields[1]));
        raw.append(run.row.name()).append('\t').append(fields[0]).append('\t');
        raw.append(run.subject.label()).append('\t');
        raw.append(String.join("\t", List.of(fields).subList(1, fields.length))).append('\n');
      }
    } catch (Child.Failed failed) {
      String note = run.row.name() + ", " + run.subject.label() + ": " + failed.getMessage();
      System.err.println(note);
      notes.add(note);
    }
  }

  private String java() {
    return options.get("--java", Child.ownJava());
  }

  private String collector() {
    return "-XX:+Use" + options.get("--collector", "G1") + "GC";
  }

  // Output

  private static String key(Row row, String part) {
    return row.name() + ", " + part;
  }

  private List<String> parts(Row row) {
    return switch (row.kind()) {
      case TIMED -> threads(row).stream().map(Row::threads).toList();
      case MEMORY -> List.of("bytes");
      case GROWTH -> List.of(Row.LONGEST_PUT, Row.READERS);
    };
  }

  private void printLines(Row row) {
    for (String part : parts(row)) {
      Map<Subject, Double> cells = figures.getOrDefault(key(row, part), Map.of());
      table.line(
          key(row, part), subject -> Grid.number(cells.get(subject)), verdict(row, part, cells));
    }
  }

  /** Each goal of the line, with the ratio reached; without a goal, the ratio to the best peer. */
  private String verdict(Row row, String part, Map<Subject, Double> cells) {
    Double larder = cells.get(Subject.LARDER);
    List<String> verdicts = new ArrayList<>();
    for (Goal goal : row.goals()) {
      if (goal.isFor(part)) {
        Double other = reference(goal.against(), row, part, cells);
        String limit = "≤ " + trim(goal.factor()) + " " + goal.against().text;
        if (larder == null || other == null) {
          verdicts.add(limit);
        } else {
          String outcome = larder <= goal.factor() * other ? "ok" : "MISSED";
          verdicts.add(String.format(Locale.ROOT, "%.2f (%s: %s)", larder / other, limit, outcome));
        }
      }
    }
    Double peer = reference(Against.BEST_PEER, row, part, cells);
    if (verdicts.isEmpty() && larder != null && peer != null) {
      verdicts.add(String.format(Locale.ROOT, "%.2f × best peer", larder / peer));
    }
    return String.join(", ", verdicts);
  }

  private static String trim(double factor) {
    return factor % 1 == 0 ? Integer.toString((int) factor) : Double.toString(factor);
  }

  /** What a goal's factor multiplies, or null if it was not measured in this run. */
  private Double reference(Against against, Row row, String part, Map<Subject, Double> cells) {
    return switch (against) {
      case CACHE2K -> cells.get(Subject.CACHE2K);
      case CHM -> cells.get(Subject.CHM);
      case BYTES -> 1.0;
      case BEST_PEER ->
          cells.entrySet().stream()
              .filter(cell -> cell.getKey().isProvider() && cell.getKey() != Subject.LARDER)
              .map(Map.Entry::getValue)
              .min(Double::compare)
              .orElse(null);
      case BY_REFERENCE -> {
        String operation = row.operation().name().toLowerCase(Locale.ROOT);
        yield figures.getOrDefault(operation + ", " + part, Map.of()).get(Subject.LARDER);
      }
    };
  }

  private String conditions() throws IOException, InterruptedException {
    return """
    Larder's benchmarks, %s. CPU ns per operation of all threads, best of %d windows, unless the line names a unit.
    Machine: %s.
    JVM: %s; %s.
    Subjects: %s.
    Options: %s.
    """
        .formatted(
            LocalDate.now(),
            Trial.MEASURED_WINDOWS,
            Grid.machine(),
            new Child(java(), JVM).version(),
            String.join(" ", JVM) + " " + collector() + " (where nothing is timed, ParallelGC)",
            columns.stream()
                .map(subject -> subject.label() + " " + subject.origin())
                .collect(Collectors.joining(", ")),
            options);
  }
}
