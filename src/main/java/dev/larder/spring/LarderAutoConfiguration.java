package dev.larder.spring;

import dev.larder.jcache.LarderCachingProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.function.Consumer;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.spi.CachingProvider;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.cache.jcache.JCacheCacheManager;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.util.StringUtils;

/**
 * Larder in an application of Spring Boot 3.5 or 4, where it is the JCache provider.
 *
 * <p>Boot makes a {@code javax.cache.CacheManager} unless there is one, and Spring's {@code
 * CacheManager} over it. The former is made here instead, for each application context one of its
 * own ({@link ContextCaches}); the latter is left to Boot, with all that its customizers do, and
 * exchanged for the one that can do more ({@link AsyncCachesPostProcessor}).
 *
 * <p>Boot 4 moved some classes that this refers to. What does so is in a class for each generation
 * that nobody loads unless the classes are there.
 */
@AutoConfiguration(
    beforeName = {
      "org.springframework.boot.autoconfigure.cache.CacheAutoConfiguration", // 3.5
      "org.springframework.boot.cache.autoconfigure.CacheAutoConfiguration" // 4
    })
@ConditionalOnClass({Caching.class, JCacheCacheManager.class})
@Conditional(LarderAutoConfiguration.LarderIsTheProvider.class)
@EnableConfigurationProperties(LarderProperties.class)
class LarderAutoConfiguration {

  /** Called as Boot calls its own. Never lazy: it may have a server to run. */
  @Bean(destroyMethod = "close")
  @Lazy(false)
  @ConditionalOnMissingBean
  CacheManager jCacheCacheManager(
      ConfigurableApplicationContext context,
      LarderProperties properties,
      ObjectProvider<javax.cache.configuration.Configuration<?, ?>> configuration,
      ObjectProvider<JCacheCustomizers> customizers) {
    return new ContextCaches(context, properties)
        .open(configuration, customizers.orderedStream().toList());
  }

  @Bean
  static AsyncCachesPostProcessor larderAsyncCachesPostProcessor(
      Environment environment,
      ObjectProvider<javax.cache.configuration.Configuration<?, ?>> configuration) {
    return new AsyncCachesPostProcessor(environment, configuration);
  }

  @Bean
  @Lazy(false)
  ServerAnnouncement larderServerAnnouncement(
      ConfigurableApplicationContext context, ObjectProvider<CacheManager> managers) {
    return new ServerAnnouncement(context, managers);
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(org.springframework.boot.autoconfigure.cache.JCacheManagerCustomizer.class)
  static class CustomizersOfBoot3 {
    @Bean
    JCacheCustomizers larderJCacheCustomizers(
        ObjectProvider<org.springframework.boot.autoconfigure.cache.JCachePropertiesCustomizer>
            properties,
        ObjectProvider<org.springframework.boot.autoconfigure.cache.JCacheManagerCustomizer>
            managers) {
      return new JCacheCustomizers(
          given -> properties.orderedStream().forEach(one -> one.customize(given)),
          given -> managers.orderedStream().forEach(one -> one.customize(given)));
    }
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(org.springframework.boot.cache.autoconfigure.JCacheManagerCustomizer.class)
  static class CustomizersOfBoot4 {
    @Bean
    JCacheCustomizers larderJCacheCustomizers(
        ObjectProvider<org.springframework.boot.cache.autoconfigure.JCachePropertiesCustomizer>
            properties,
        ObjectProvider<org.springframework.boot.cache.autoconfigure.JCacheManagerCustomizer>
            managers) {
      return new JCacheCustomizers(
          given -> properties.orderedStream().forEach(one -> one.customize(given)),
          given -> managers.orderedStream().forEach(one -> one.customize(given)));
    }
  }

  /** Of JCache, and of Larder's or of any provider, of which Larder's is the only one. */
  static final class LarderIsTheProvider extends SpringBootCondition {
    private static final String LARDER = LarderCachingProvider.class.getName();

    @Override
    public ConditionOutcome getMatchOutcome(
        ConditionContext context, AnnotatedTypeMetadata metadata) {
      ConditionMessage.Builder message = ConditionMessage.forCondition("Larder");
      String type = context.getEnvironment().getProperty("spring.cache.type");
      if (StringUtils.hasText(type) && !type.equalsIgnoreCase("jcache")) {
        return ConditionOutcome.noMatch(message.because("spring.cache.type is " + type));
      }
      String provider = context.getEnvironment().getProperty("spring.cache.jcache.provider");
      if (StringUtils.hasText(provider)) {
        return new ConditionOutcome(
            provider.equals(LARDER),
            message.because("spring.cache.jcache.provider is " + provider));
      }
      List<String> found = new ArrayList<>();
      for (CachingProvider one : Caching.getCachingProviders()) {
        found.add(one.getClass().getName());
      }
      return new ConditionOutcome(
          found.equals(List.of(LARDER)),
          message.found("JCache provider", "JCache providers").items(found));
    }
  }

  /** What the application's customizers do, of either generation. */
  record JCacheCustomizers(Consumer<Properties> properties, Consumer<CacheManager> manager) {}
}
