package dev.larder.metrics;

import dev.larder.jcache.LiveCaches;
import dev.larder.server.LarderServer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import javax.cache.CacheManager;
import org.jspecify.annotations.Nullable;

/**
 * Shows in Micrometer what the caches of a manager have and do, and the server that it runs.
 *
 * <pre>{@code
 * new LarderMetrics(manager).bindTo(registry);
 * }</pre>
 *
 * <p>Each cache has its meters from when it is made, also if that is later, until it is closed; a
 * closed manager leaves nothing behind. They are tagged with {@code cache}, its name, and {@code
 * manager}, the manager's URI; those of a server with {@code server}, its name:
 *
 * <pre>
 *   larder.cache.size                   gauge    entries
 *   larder.cache.weight                 gauge    bytes, or what the cache's weigher counts
 *   larder.cache.gets                   counter  with result=hit and result=miss
 *   larder.cache.puts
 *   larder.cache.removals
 *   larder.cache.evictions
 *   larder.cache.expirations
 *   larder.cache.loads                  timer    calls of loaders
 *   larder.server.connections           gauge
 *   larder.server.connections.accepted  counter
 *   larder.server.connections.refused
 *   larder.server.commands              timer    how many, and how long they took
 *   larder.server.commands.failed       counter
 *   larder.server.received              counter  bytes
 *   larder.server.sent
 * </pre>
 *
 * <p>What is counted, and when, {@link dev.larder.CacheInfo} says; gets, puts and removals by Java
 * only while the cache's statistics are on. The weight is shown of a cache that is bounded by it
 * when its meters are made. The names differ from those of Micrometer's own {@code JCacheMetrics},
 * {@code cache.gets} and others, which a registry may have of the same caches under other tags.
 *
 * <p>To read a meter adds up counts; it takes no lock and looks at no entry.
 */
public final class LarderMetrics implements MeterBinder, AutoCloseable {
  private final @Nullable CacheManager manager;
  private final @Nullable LarderServer server;
  private final Tags tags;
  private final List<Binding> bindings = new ArrayList<>(); // guarded by this

  /** Meters of a manager of Larder, its caches and its server, if it runs one. */
  public LarderMetrics(CacheManager manager) {
    this(manager, Tags.empty());
  }

  /**
   * The same with more tags: for two managers of one URI, which would share their meters without.
   *
   * @throws IllegalArgumentException if it is not a manager of Larder
   */
  public LarderMetrics(CacheManager manager, Iterable<Tag> tags) {
    Objects.requireNonNull(manager, "manager");
    manager.unwrap(LiveCaches.class);
    this.manager = manager;
    this.server = serverOf(manager);
    this.tags = Tags.of(tags);
  }

  /** Meters of a server, until this is closed. */
  public LarderMetrics(LarderServer server, Iterable<Tag> tags) {
    this.manager = null;
    this.server = Objects.requireNonNull(server, "server");
    this.tags = Tags.of(tags);
  }

  private static @Nullable LarderServer serverOf(CacheManager manager) {
    try {
      return manager.unwrap(LarderServer.class);
    } catch (IllegalArgumentException none) {
      return null;
    }
  }

  /**
   * Shows them in one more registry; in the same one again, nothing happens.
   *
   * @throws IllegalStateException if the manager is closed
   */
  @Override
  public synchronized void bindTo(MeterRegistry registry) {
    Objects.requireNonNull(registry, "registry");
    if (bindings.stream().anyMatch(binding -> binding.isIn(registry))) {
      return;
    }
    Binding binding = new Binding(registry, tags);
    if (manager != null) {
      manager.unwrap(LiveCaches.class).follow(binding);
    }
    bindings.add(binding);
    if (server != null) {
      binding.bind(server);
    }
  }

  /**
   * Takes all meters out of their registries. Need not be called if the registries live as long as
   * the manager.
   */
  @Override
  public synchronized void close() {
    for (Binding binding : bindings) {
      if (manager != null) {
        manager.unwrap(LiveCaches.class).unfollow(binding);
      }
      binding.ended();
    }
    bindings.clear();
  }
}
