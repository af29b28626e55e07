package com.example.osgi;

import dev.larder.LarderCache;
import dev.larder.jcache.LarderCachingProvider;
import dev.larder.server.LarderServer;
import java.util.Hashtable;
import java.util.function.UnaryOperator;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/**
 * Offers a service that greets, and remembers whom it greeted how often.
 *
 * <p>{@code Caching} looks for providers with a class loader, and a bundle's own does not see the
 * other bundles' services: it is given that of Larder.
 */
public final class Greeter implements BundleActivator {
  private CacheManager manager;
  private LarderServer server;

  @Override
  public void start(BundleContext context) {
    ClassLoader larder = LarderCachingProvider.class.getClassLoader();
    manager = Caching.getCachingProvider(larder).getCacheManager(null, larder);
    Cache<String, Long> greeted =
        manager.createCache(
            "greeted", new MutableConfiguration<String, Long>().setTypes(String.class, Long.class));
    LarderCache<String, Long> counters = LarderCache.of(greeted);
    server = LarderServer.builder(greeted).port(0).start();
    UnaryOperator<String> greeter = name -> "hello " + name + ", number " + counters.incr(name);
    Hashtable<String, Object> properties = new Hashtable<>();
    properties.put("port", server.port());
    context.registerService(UnaryOperator.class, greeter, properties);
  }

  @Override
  public void stop(BundleContext context) {
    server.close();
    manager.close();
  }
}
