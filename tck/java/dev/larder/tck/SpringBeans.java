package dev.larder.tck;

import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.annotation.BeanProvider;
import javax.cache.configuration.MutableConfiguration;
import manager.CacheNameOnEachMethodBlogManagerImpl;
import manager.ClassLevelCacheConfigBlogManagerImpl;
import manager.UsingDefaultCacheNameBlogManagerImpl;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.cache.jcache.JCacheCacheManager;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Beans whose {@code @CacheResult}, {@code @CacheRemove}, … are carried out by Spring over the
 * provider under test. A cache provider does not act on annotations itself; without this class the
 * TCK's twelve annotation tests are reported as passed although they do nothing.
 *
 * <p>Found by the TCK through {@code META-INF/services}, once per test class, hence the shared
 * context: creating the caches a second time would fail.
 */
public final class SpringBeans implements BeanProvider {
  @Override
  public <T> T getBeanByType(Class<T> beanClass) {
    return Shared.CONTEXT.getBean(beanClass);
  }

  private static final class Shared {
    static final ApplicationContext CONTEXT = new AnnotationConfigApplicationContext(Blogs.class);
  }

  /** The TCK looks beans up by their class, so they are proxied as subclasses, not by interface. */
  @Configuration
  @EnableCaching(proxyTargetClass = true)
  public static class Blogs {
    @Bean
    JCacheCacheManager cacheManager() {
      CacheManager caches = Caching.getCachingProvider().getCacheManager();
      // Spring does not create a cache that is missing. The last name is the default one of JSR-107
      // 8.3.
      for (String name :
          new String[] {
            "blogManager",
            "blgMngr",
            "manager.UsingDefaultCacheNameBlogManagerImpl.getEntryCached(java.lang.String)"
          }) {
        caches.createCache(name, new MutableConfiguration<>());
      }
      return new JCacheCacheManager(caches);
    }

    @Bean
    CacheNameOnEachMethodBlogManagerImpl cacheNameOnEachMethod() {
      return new CacheNameOnEachMethodBlogManagerImpl();
    }

    @Bean
    ClassLevelCacheConfigBlogManagerImpl cacheNameOnTheClass() {
      return new ClassLevelCacheConfigBlogManagerImpl();
    }

    @Bean
    UsingDefaultCacheNameBlogManagerImpl defaultCacheName() {
      return new UsingDefaultCacheNameBlogManagerImpl();
    }
  }
}
