package dev.larder.server.command;

import static dev.larder.server.command.Command.Flag.ADMIN;
import static dev.larder.server.command.Command.other;

import dev.larder.protocol.Reply;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** {@code LATENCY}: how long commands take, and when that was too long. */
final class LatencyCommands {
  // spotless:off
  static final List<Command> ALL = List.of(
      other("LATENCY LATEST",    "",                        LatencyCommands::latest).is(ADMIN),
      other("LATENCY HISTORY",   "event",                   LatencyCommands::history).is(ADMIN),
      other("LATENCY RESET",     "[event [event ...]]",     LatencyCommands::reset).is(ADMIN),
      other("LATENCY HISTOGRAM", "[command [command ...]]", LatencyCommands::histogram).is(ADMIN),
      other("LATENCY DOCTOR",    "",                        LatencyCommands::doctor).is(ADMIN),
      other("LATENCY HELP",      "",                        (session, args) -> CommandTable.ALL.help("latency")));
  // spotless:on

  private LatencyCommands() {}

  private static Latency latency(Session session) {
    return session.server().stats().latency();
  }

  private static Reply latest(Session session, Args args) {
    List<Reply> events = new ArrayList<>();
    for (Latency.Event event : latency(session).events()) {
      events.add(
          Reply.array(
              Reply.bulk(event.name()),
              Reply.integer(event.latest().time()),
              Reply.integer(event.latest().millis()),
              Reply.integer(event.longest())));
    }
    return Reply.array(events);
  }

  private static Reply history(Session session, Args args) {
    String name = args.nextText();
    List<Reply> samples = new ArrayList<>();
    for (Latency.Event event : latency(session).events()) {
      if (event.name().equals(name)) {
        for (Latency.Sample sample : event.samples()) {
          samples.add(Reply.array(Reply.integer(sample.time()), Reply.integer(sample.millis())));
        }
      }
    }
    return Reply.array(samples);
  }

  private static Reply reset(Session session, Args args) {
    if (!args.hasNext()) {
      return Reply.integer(latency(session).forgetAll());
    }
    int count = 0;
    while (args.hasNext()) {
      count += latency(session).forget(args.nextText()) ? 1 : 0;
    }
    return Reply.integer(count);
  }

  /** Of the named commands, and their subcommands, those that have run; else of all that have. */
  private static Reply histogram(Session session, Args args) {
    Stats stats = session.server().stats();
    Set<Command> wanted = new LinkedHashSet<>(args.hasNext() ? List.of() : all());
    while (args.hasNext()) {
      wanted.addAll(CommandTable.ALL.rows(args.nextText()));
    }
    List<Reply> histograms = new ArrayList<>();
    for (Command command : wanted) {
      Stats.Calls calls = stats.calls(command);
      if (calls.count() > 0) {
        histograms.add(Reply.bulk(command.name()));
        histograms.add(
            Reply.map(
                Reply.bulk("calls"),
                Reply.integer(calls.count()),
                Reply.bulk("histogram_usec"),
                times(calls)));
      }
    }
    return new Reply.Map(histograms);
  }

  private static List<Command> all() {
    return CommandTable.ALL.commands();
  }

  /** How many calls took less than so many microseconds, where that makes a difference. */
  private static Reply times(Stats.Calls calls) {
    List<Reply> pairs = new ArrayList<>();
    long below = 0;
    long[] times = calls.times();
    for (int i = 0; i < times.length; i++) {
      if (times[i] > 0) {
        below += times[i];
        pairs.add(Reply.integer(1L << i));
        pairs.add(Reply.integer(below));
      }
    }
    return new Reply.Map(pairs);
  }

  private static Reply doctor(Session session, Args args) {
    Latency latency = latency(session);
    StringBuilder text = new StringBuilder();
    if (!latency.isOn()) {
      text.append("Latency is not monitored.")
          .append(" CONFIG SET latency-monitor-threshold <milliseconds> begins to.\n");
    } else if (latency.events().isEmpty()) {
      text.append("No command took as long as latency-monitor-threshold since the last reset.\n");
    }
    for (Latency.Event event : latency.events()) {
      text.append(event.name())
          .append(": ")
          .append(event.samples().size())
          .append(" seconds with one too long; the latest took ")
          .append(event.latest().millis())
          .append(" ms, the longest ")
          .append(event.longest())
          .append(" ms. SLOWLOG GET tells which commands these are; a pause of the garbage")
          .append(" collector counts for whichever command it meets.\n");
    }
    return Reply.verbatim(text.toString());
  }
}
