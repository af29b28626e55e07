package dev.larder.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The meters of one subject in a registry, to be taken out of it together. The registry has the
 * subject weakly: the functions below must not hold on to it. What it tells of itself is asked for
 * anew for each meter; who has closed tells nothing, which counts as 0, for a counter that is told
 * NaN once may stay at that.
 *
 * @param <S> the subject
 * @param <I> what it tells of itself
 */
final class Meters<S, I> {
  private final MeterRegistry registry;
  private final Tags tags;
  private final S subject;
  private final Function<? super S, ? extends I> info;
  private final List<Meter> registered = new ArrayList<>();

  /**
   * @param info throws {@code IllegalStateException} of a subject that has closed
   */
  Meters(MeterRegistry registry, Tags tags, S subject, Function<? super S, ? extends I> info) {
    this.registry = registry;
    this.tags = tags;
    this.subject = subject;
    this.info = info;
  }

  boolean areOf(Object other) {
    return subject == other;
  }

  void gauge(String name, ToLongFunction<I> value, String description) {
    registered.add(
        Gauge.builder(name, subject, asked(value::applyAsLong))
            .tags(tags)
            .description(description)
            .register(registry));
  }

  void counter(String name, ToLongFunction<I> count, String description) {
    counter(name, Tags.empty(), null, count, description);
  }

  void counter(
      String name, Tags more, @Nullable String unit, ToLongFunction<I> count, String description) {
    registered.add(
        FunctionCounter.builder(name, subject, asked(count::applyAsLong))
            .tags(tags.and(more))
            .baseUnit(unit)
            .description(description)
            .register(registry));
  }

  void timer(String name, ToLongFunction<I> count, Function<I, Duration> time, String description) {
    ToDoubleFunction<S> counted = asked(count::applyAsLong);
    registered.add(
        FunctionTimer.builder(
                name,
                subject,
                source -> (long) counted.applyAsDouble(source),
                asked(told -> time.apply(told).toNanos()),
                TimeUnit.NANOSECONDS)
            .tags(tags)
            .description(description)
            .register(registry));
  }

  private ToDoubleFunction<S> asked(ToDoubleFunction<I> value) {
    Function<? super S, ? extends I> info = this.info; // alone, without the subject
    return source -> {
      try {
        return value.applyAsDouble(info.apply(source));
      } catch (IllegalStateException closed) {
        return 0;
      }
    };
  }

  void remove() {
    registered.forEach(registry::remove);
    registered.clear();
  }
}
