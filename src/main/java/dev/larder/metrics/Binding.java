package dev.larder.metrics;

import dev.larder.CacheInfo;
import dev.larder.LarderCache;
import dev.larder.jcache.LiveCaches;
import dev.larder.server.LarderServer;
import dev.larder.server.ServerInfo;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.BaseUnits;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.Map;
import javax.cache.Cache;
import org.jspecify.annotations.Nullable;

/**
 * The meters of a server and of the caches of a manager in one registry: those of a cache for as
 * long as it is open. The manager may tell of a new cache before it tells that an old one of the
 * same name has closed; meters of one name and tags are one, so that the old ones must go first,
 * and only then.
 */
final class Binding implements LiveCaches.Follower {
  private static final System.Logger LOG = System.getLogger("dev.larder.metrics");

  private final MeterRegistry registry;
  private final Tags tags;
  private final Map<String, Meters<?, ?>> ofCaches = new HashMap<>(); // guarded by this
  private @Nullable Meters<?, ?> ofServer; // guarded by this
  private boolean ended; // guarded by this

  /**
   * @param tags of all meters
   */
  Binding(MeterRegistry registry, Tags tags) {
    this.registry = registry;
    this.tags = tags;
  }

  boolean isIn(MeterRegistry registry) {
    return this.registry == registry;
  }

  // ------------------------------------------------------------------------------------- caches

  @Override
  public synchronized void opened(Cache<?, ?> cache) {
    if (ended || cache.isClosed()) {
      return;
    }
    Meters<?, ?> present = ofCaches.get(cache.getName());
    if (present != null && present.areOf(cache)) {
      return;
    }
    if (present != null) {
      present.remove();
    }
    Meters<LarderCache<?, ?>, CacheInfo> meters =
        new Meters<>(
            registry,
            tags.and("manager", cache.getCacheManager().getURI().toString())
                .and("cache", cache.getName()),
            LarderCache.of(cache),
            LarderCache::info);
    ofCaches.put(cache.getName(), meters);
    try {
      CacheInfo now = LarderCache.of(cache).info();
      register(meters, now.weight().isPresent());
      if (!now.countsJava()) {
        LOG.log(
            Level.INFO,
            "the meters larder.cache.gets, puts and removals of cache ''{0}'' count only what comes"
                + " through a socket: its statistics are off",
            cache.getName());
      }
    } catch (RuntimeException e) { // whoever makes a cache is to have it
      if (!cache.isClosed()) {
        LOG.log(Level.WARNING, "cache '" + cache.getName() + "' lacks meters", e);
      }
    }
  }

  // spotless:off
  private static void register(Meters<LarderCache<?, ?>, CacheInfo> cache, boolean weighed) {
    cache.gauge("larder.cache.size",          CacheInfo::entries, "Entries in the cache, with those that have expired unnoticed");
    if (weighed) {
      cache.gauge("larder.cache.weight",      info -> info.weight().orElse(0), "What all entries weigh together");
    }
    cache.counter("larder.cache.gets",        Tags.of("result", "hit"),  null, CacheInfo::hits,   "Reads that found a value (hit) or did not (miss)");
    cache.counter("larder.cache.gets",        Tags.of("result", "miss"), null, CacheInfo::misses, "Reads that found a value (hit) or did not (miss)");
    cache.counter("larder.cache.puts",        CacheInfo::puts,        "Values stored, without those that were loaded");
    cache.counter("larder.cache.removals",    CacheInfo::removals,    "Values removed on demand");
    cache.counter("larder.cache.evictions",   CacheInfo::evictions,   "Values removed to make room");
    cache.counter("larder.cache.expirations", CacheInfo::expirations, "Values removed because their time had passed");
    cache.timer("larder.cache.loads",         CacheInfo::loads, CacheInfo::loadTime, "Calls of loaders, whatever came of them");
  }
  // spotless:on

  @Override
  public synchronized void closed(Cache<?, ?> cache) {
    Meters<?, ?> meters = ofCaches.get(cache.getName());
    if (meters != null && meters.areOf(cache)) {
      meters.remove();
      ofCaches.remove(cache.getName());
    }
  }

  /** Takes all meters out, and lets no new ones in. */
  @Override
  public synchronized void ended() {
    ended = true;
    ofCaches.values().forEach(Meters::remove);
    ofCaches.clear();
    if (ofServer != null) {
      ofServer.remove();
      ofServer = null;
    }
  }

  // ----------------------------------------------------------------------------------- a server

  synchronized void bind(LarderServer server) {
    if (ended) {
      return;
    }
    Meters<LarderServer, ServerInfo> meters =
        new Meters<>(registry, tags.and("server", server.name()), server, LarderServer::info);
    ofServer = meters;
    register(meters);
  }

  // spotless:off
  private static void register(Meters<LarderServer, ServerInfo> server) {
    server.gauge("larder.server.connections",            ServerInfo::connections,         "Open connections");
    server.counter("larder.server.connections.accepted", ServerInfo::connectionsAccepted, "Connections let in");
    server.counter("larder.server.connections.refused",  ServerInfo::connectionsRefused,  "Connections not let in, because there were too many");
    server.timer("larder.server.commands",               ServerInfo::commands, ServerInfo::commandTime, "Commands run, without the wait for their turn");
    server.counter("larder.server.commands.failed",      ServerInfo::failedCommands,      "Commands that ended with an error, or were refused");
    server.counter("larder.server.received", Tags.empty(), BaseUnits.BYTES, ServerInfo::bytesIn,  "What clients sent");
    server.counter("larder.server.sent",     Tags.empty(), BaseUnits.BYTES, ServerInfo::bytesOut, "What was sent to clients");
  }
  // spotless:on
}
