package com.example.hibernate;

import java.util.Objects;
import javax.cache.Cache;
import javax.cache.CacheManager;
import org.hibernate.SessionFactory;
import org.hibernate.cache.jcache.internal.JCacheRegionFactory;
import org.hibernate.cache.spi.RegionFactory;
import org.hibernate.engine.spi.SessionFactoryImplementor;
import org.hibernate.stat.CacheRegionStatistics;

/** What a test looks at behind Hibernate's back. */
final class Regions {
  private final SessionFactory factory;

  Regions(SessionFactory factory) {
    this.factory = factory;
  }

  CacheManager manager() {
    RegionFactory regions =
        factory
            .unwrap(SessionFactoryImplementor.class)
            .getServiceRegistry()
            .getService(RegionFactory.class);
    return ((JCacheRegionFactory) Objects.requireNonNull(regions)).getCacheManager();
  }

  Cache<Object, Object> cache(String region) {
    return Objects.requireNonNull(manager().getCache(region), region);
  }

  int size(String region) {
    int size = 0;
    for (Cache.Entry<Object, Object> entry : cache(region)) {
      Objects.requireNonNull(entry);
      size++;
    }
    return size;
  }

  /** Hits, misses and puts of a region since the statistics were cleared. */
  String counts(String region) {
    CacheRegionStatistics statistics =
        Objects.requireNonNull(factory.getStatistics().getCacheRegionStatistics(region), region);
    return statistics.getHitCount()
        + " hits, "
        + statistics.getMissCount()
        + " misses, "
        + statistics.getPutCount()
        + " puts";
  }

  long statements() {
    return factory.getStatistics().getPrepareStatementCount();
  }
}
