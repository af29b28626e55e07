package dev.larder.bench;

import dev.larder.bench.Data.Values;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Measures how many bytes of heap an entry takes beyond its key and its value, for Larder and the
 * other providers, on one JDK or two and with small object headers where the JDK has them. Each
 * figure is the difference between two looks at the heap of a JVM of its own, after collecting
 * until that changes nothing any more.
 *
 * <p>The lines are: as many as you like and for ever; bounded to as many as there are, with an hour
 * to live; and, for Larder alone, bounded by bytes. There its default weigher has a say as well:
 * what it takes entries for, keys and values included, stands beside what they are, for values of
 * several kinds.
 *
 * <h2>What it cannot show</h2>
 *
 * Every cache holds a million entries and was filled once, by one thread, so that a table that is
 * doubled at a power of two is where it is at that number: a million is 95 % of the last doubling,
 * and a table of half as many again would cost up to 8 bytes more. What a cache keeps beside its
 * entries, thousands of bytes, vanishes in the mean. Nothing has been evicted yet, as it has in a
 * cache that is in use: what is kept in remembrance of those that left would come on top. The heap
 * is small enough for references of four bytes.
 */
public final class Overhead {

  private static final String USAGE =
      """
      Options:
        --subjects a,b      only these of larder, caffeine, cache2k, ehcache
        --java path         another java command to run everything with as well
        --entries n         how many (1000000)
        --out directory     where memory.md goes (target/bench)
      """;

  /** What G1 uses is rounded up to regions for large arrays; this collector tells it exactly. */
  private static final List<String> JVM = List.of("-Xms3g", "-Xmx3g", "-XX:+UseParallelGC");

  /** Since JDK 25; on 24 it is an experiment. */
  private static final String COMPACT = "-XX:+UseCompactObjectHeaders";

  /** What is put into a cache, and how that is configured. */
  enum Line {
    ETERNAL("unbounded, eternal", null),
    BOUNDED("bounded, an hour to live", null),
    WEIGHT("bounded by bytes, an hour", null),
    WEIGHT_LONG("all of it, Long values", Values.LONG),
    WEIGHT_STRING("all of it, String values", Values.STRING),
    WEIGHT_POJO("all of it, objects", Values.POJO);

    final String text;

    /** Where keys and values are in the figure; null where they are not. */
    final Values values;

    Line(String text, Values values) {
      this.text = text;
      this.values = values;
    }

    boolean hasSubject(Subject subject) {
      return subject == Subject.LARDER || this == ETERNAL || this == BOUNDED;
    }

    /** Bytes that an entry may take, or 0 for no goal. */
    int goal(boolean compact) {
      return switch (this) {
        case ETERNAL -> 46;
        case BOUNDED -> compact ? 50 : 60;
        default -> 0;
      };
    }
  }

  /** A JVM with a set of options. */
  private record Machine(String name, Child child, boolean compact) {}

  private final Options options;
  private final List<Subject> columns;
  private final Grid<Subject> grid;
  private final List<String> notes = new ArrayList<>();

  private Overhead(Options options) {
    this.options = options;
    columns = Subject.providers(options);
    grid = new Grid<>(columns, 44);
  }

  public static void main(String[] arguments) throws Exception {
    new Overhead(Options.parse(USAGE, arguments)).run();
  }

  private void run() throws IOException, InterruptedException {
    List<Machine> machines = machines();
    grid.say("Bytes of heap per entry beyond key and value, unless the line says all of it.");
    for (Machine machine : machines) {
      grid.say("- " + machine.name + ": " + machine.child.version());
    }
    grid.say("\nOptions: " + options + "; JVM: " + String.join(" ", JVM) + ".\n");
    grid.head("", Subject::label, "larder against its goal");
    for (Line line : Line.values()) {
      for (Machine machine : machines) {
        print(line, machine);
      }
    }
    notes.forEach(note -> grid.say("\n" + note));
    grid.save(Path.of(options.get("--out", "target/bench"), "memory.md"));
  }

  /** Each java command, with large headers and, if it has them, with small ones. */
  private List<Machine> machines() throws IOException, InterruptedException {
    List<String> commands = new ArrayList<>(List.of(Child.ownJava()));
    commands.addAll(options.all("--java"));
    List<Machine> machines = new ArrayList<>();
    for (String java : commands) {
      Child plain = new Child(java, JVM);
      // The first number of a version such as "(build 17.0.15+6)".
      String jdk = "JDK " + plain.version().replaceFirst(".*build (\\d+).*", "$1");
      machines.add(new Machine(jdk, plain, false));
      List<String> jvm = new ArrayList<>(JVM);
      jvm.add(COMPACT);
      Child compact = new Child(java, jvm);
      if (compact.starts()) {
        machines.add(new Machine(jdk + " compact", compact, true));
      }
    }
    return machines;
  }

  private void print(Line line, Machine machine) throws IOException, InterruptedException {
    Map<Subject, Double> bytes = new EnumMap<>(Subject.class);
    String remark = "";
    for (Subject subject : columns) {
      if (!line.hasSubject(subject)) {
        continue;
      }
      System.err.printf("%s, %s, %s%n", line.text, machine.name, subject.label());
      List<String> what = List.of(line.name(), subject.name(), options.get("--entries", "1000000"));
      try {
        for (String[] fields : machine.child.run(Weighing.class, what)) {
          double figure = Double.parseDouble(fields[1]);
          if (fields[0].equals("bytes")) {
            bytes.put(subject, figure);
          } else {
            double off = (figure / bytes.get(subject) - 1) * 100;
            remark = String.format(Locale.ROOT, "weighed as %.1f (%+.1f %%)", figure, off);
          }
        }
      } catch (Child.Failed failed) {
        String where = line.text + ", " + machine.name + ", " + subject.label();
        notes.add(where + ": " + failed.getMessage());
      }
    }
    Double larder = bytes.get(Subject.LARDER);
    int goal = line.goal(machine.compact);
    if (larder != null && goal > 0) {
      remark = "≤ " + goal + (larder <= goal ? ": ok" : ": MISSED");
    }
    grid.line(
        line.text + ", " + machine.name,
        subject ->
            bytes.containsKey(subject)
                ? String.format(Locale.ROOT, "%.1f", bytes.get(subject))
                : "–",
        remark);
  }
}
