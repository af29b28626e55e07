package dev.larder.spring;

import dev.larder.jcache.LarderCachingProvider;
import javax.cache.CacheManager;
import javax.cache.configuration.Configuration;
import javax.cache.configuration.MutableConfiguration;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.cache.jcache.JCacheCacheManager;
import org.springframework.core.env.Environment;

/**
 * Puts a {@link LarderSpringCacheManager} in the place of Spring's {@link JCacheCacheManager} over
 * a manager of Larder, as Boot or the application made it: after its customizers, before it looks
 * for its caches. Subclasses are left alone.
 */
final class AsyncCachesPostProcessor implements BeanPostProcessor {
  private final Environment environment;
  private final ObjectProvider<Configuration<?, ?>> configuration;

  AsyncCachesPostProcessor(
      Environment environment, ObjectProvider<Configuration<?, ?>> configuration) {
    this.environment = environment;
    this.configuration = configuration;
  }

  @Override
  public Object postProcessBeforeInitialization(Object bean, String name) {
    if (bean.getClass() != JCacheCacheManager.class) {
      return bean;
    }
    JCacheCacheManager given = (JCacheCacheManager) bean;
    CacheManager manager = given.getCacheManager();
    if (manager == null || !(manager.getCachingProvider() instanceof LarderCachingProvider)) {
      return bean;
    }
    LarderSpringCacheManager larders = new LarderSpringCacheManager(manager);
    larders.setAllowNullValues(given.isAllowNullValues());
    larders.setTransactionAware(given.isTransactionAware());
    larders.setCacheConfiguration(() -> configuration.getIfAvailable(MutableConfiguration::new));
    larders.setCreateMissingCaches(
        environment.getProperty(
            "larder.create-missing-caches",
            Boolean.class,
            ContextCaches.names(environment).isEmpty())); // names are all there are, with Boot
    return larders;
  }
}
