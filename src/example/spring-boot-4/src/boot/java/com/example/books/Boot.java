package com.example.books;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.springframework.boot.cache.autoconfigure.CacheManagerCustomizer;
import org.springframework.boot.cache.autoconfigure.JCacheManagerCustomizer;
import org.springframework.boot.cache.autoconfigure.JCachePropertiesCustomizer;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.cache.jcache.JCacheCacheManager;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;

/** What is called otherwise in the other generation of Spring Boot; this is 4. */
final class Boot {
  private Boot() {}

  static Map<String, Object> health(ApplicationContext context) {
    Health health =
        (Health) context.getBean("larderHealthIndicator", HealthIndicator.class).health();
    Map<String, Object> all = new LinkedHashMap<>(health.getDetails());
    all.put("status", health.getStatus().getCode());
    return all;
  }

  /** Each of the customizers that Boot knows says that it was there. */
  static class Customizers {
    static final List<String> CALLED = new CopyOnWriteArrayList<>();

    @Bean
    JCachePropertiesCustomizer propertiesCustomizer() {
      return properties -> {
        CALLED.add("properties");
        properties.setProperty("larder.cache.ofCustomizer.ttl", "5m");
      };
    }

    @Bean
    JCacheManagerCustomizer managerCustomizer() {
      return manager -> {
        manager.getCacheNames().forEach(CALLED::add);
        CALLED.add("manager");
      };
    }

    @Bean
    CacheManagerCustomizer<JCacheCacheManager> springCustomizer() {
      return manager -> {
        CALLED.add("spring");
        manager.setAllowNullValues(false);
      };
    }
  }
}
