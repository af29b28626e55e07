package dev.larder.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Measures what readers notice of a million entries that expire within the same second, how soon
 * those are gone, and what that costs; for Larder and the other providers, each in a JVM of its
 * own. One thread gets other keys, which live on, all the time: in a quiet second before the storm,
 * and in the seconds from its beginning until all is removed.
 *
 * <p>The figures of a storm are those of the worst of its seconds, for a mean over all would be the
 * better the longer it took. As in {@link Growth}, the young generation is so large that a round
 * needs no collection, a round that had one does not count, and each figure is the best of all
 * rounds: what comes from the neighbours does not come every round.
 *
 * <h2>What it cannot show</h2>
 *
 * A reader that is held up asks nothing meanwhile: a stall is one slow get among millions, and only
 * the maximum tells of it. On a machine without a core each for the reader and the cache's own
 * threads, and one for whoever else is there, the maximum is a time slice. Work that a cache does
 * on the reader's thread is in the latencies, not in the CPU time, which is that of all other
 * threads beyond what they took in the quiet second. Caffeine removes nothing by itself unless it
 * is given a scheduler: it is the reads that make it. Ehcache removes what it finds expired when it
 * is asked for it or needs room, and does not tell how much it holds: no time, and a storm like a
 * quiet second.
 */
public final class ExpiryStorm {

  private static final String USAGE =
      """
      Options:
        --subjects a,b      only these of larder, caffeine, cache2k, ehcache
        --entries n         how many expire (1000000)
        --rounds n          the first of which does not count (4)
        --java path         a java command to run the rounds with, instead of this one
        --jvm-args "…"      more options for their JVMs, separated by blanks
        --out directory     where expiry-storm.md goes (target/bench)
      """;

  private static final List<String> JVM =
      List.of("-Xms4g", "-Xmx4g", "-Xmn3g", "-XX:+AlwaysPreTouch", "-XX:+UseParallelGC");

  /** The goal: p99.9 in the storm is at most so many times that of the quiet second. */
  private static final double GOAL = 2;

  /** The lines of the table, in its order. */
  enum Figure {
    QUIET_P50("quiet p50, ns"),
    STORM_P50("storm p50, ns"),
    QUIET_P99("quiet p99, ns"),
    STORM_P99("storm p99, ns"),
    QUIET_P999("quiet p99.9, ns"),
    STORM_P999("storm p99.9, ns"),
    QUIET_MAX("quiet max, µs"),
    STORM_MAX("storm max, µs"),
    GONE("all removed after, ms"),
    LEFT("still there at the end"),
    CPU("CPU of other threads, ms");

    final String text;

    Figure(String text) {
      this.text = text;
    }
  }

  private ExpiryStorm() {}

  public static void main(String[] arguments) throws Exception {
    Options options = Options.parse(USAGE, arguments);
    List<Subject> subjects = Subject.providers(options);
    int entries = options.get("--entries", 1_000_000);
    int rounds = options.get("--rounds", 4);
    List<String> jvm = new ArrayList<>(JVM);
    jvm.addAll(List.of(options.get("--jvm-args", "").trim().split("\\s+")));
    Child child = new Child(options.get("--java", Child.ownJava()), jvm);
    Map<Figure, Map<Subject, Double>> figures = new EnumMap<>(Figure.class);
    List<String> notes = new ArrayList<>();
    for (Subject subject : subjects) {
      System.err.printf("%s: %d entries, %d rounds%n", subject.label(), entries, rounds);
      try {
        List<String> what = List.of(subject.name(), "" + entries, "" + rounds);
        for (String[] fields : child.run(Storm.class, what)) {
          figures
              .computeIfAbsent(Figure.valueOf(fields[0]), key -> new HashMap<>())
              .put(subject, Double.valueOf(fields[1]));
        }
      } catch (Child.Failed failed) {
        notes.add(subject.label() + ": " + failed.getMessage());
      }
    }
    Grid<Subject> grid = new Grid<>(subjects, 26);
    grid.say("A thread that gets, while " + entries + " other entries expire within a second.");
    grid.say("Machine: " + Grid.machine() + ".");
    grid.say("JVM: " + child.version() + "; " + String.join(" ", jvm).trim() + ".");
    grid.say("Options: " + options + ".\n");
    grid.head("", Subject::label, "larder against its goal");
    for (Figure figure : Figure.values()) {
      Map<Subject, Double> cells = figures.getOrDefault(figure, Map.of());
      grid.line(
          figure.text,
          subject -> Grid.number(cells.get(subject)),
          figure == Figure.STORM_P999 ? verdict(figures) : "");
    }
    notes.forEach(note -> grid.say("\n" + note));
    grid.save(Path.of(options.get("--out", "target/bench"), "expiry-storm.md"));
  }

  private static String verdict(Map<Figure, Map<Subject, Double>> figures) {
    Double quiet = figures.getOrDefault(Figure.QUIET_P999, Map.of()).get(Subject.LARDER);
    Double storm = figures.getOrDefault(Figure.STORM_P999, Map.of()).get(Subject.LARDER);
    if (quiet == null || storm == null) {
      return "";
    }
    return String.format(
        Locale.ROOT,
        "%.2f × quiet (≤ %.0f: %s)",
        storm / quiet,
        GOAL,
        storm <= GOAL * quiet ? "ok" : "MISSED");
  }
}
