package dev.larder.spring;

import dev.larder.metrics.LarderMetrics;
import io.micrometer.core.instrument.binder.MeterBinder;
import javax.cache.CacheManager;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.cache.jcache.JCacheCacheManager;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * What Spring Boot's actuator shows of Larder: the health {@code larder}, and meters. Apart from
 * {@link LarderAutoConfiguration}, because it has to see whether that, or the application, has made
 * the one cache manager there is.
 */
@AutoConfiguration(after = LarderAutoConfiguration.class)
@ConditionalOnClass(JCacheCacheManager.class)
@Conditional(LarderAutoConfiguration.LarderIsTheProvider.class)
@ConditionalOnSingleCandidate(CacheManager.class)
class LarderActuatorAutoConfiguration {

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(org.springframework.boot.actuate.health.HealthIndicator.class)
  @Conditional(HealthIsWanted.class)
  static class HealthOfBoot3 {
    @Bean
    @ConditionalOnMissingBean(name = "larderHealthIndicator")
    org.springframework.boot.actuate.health.HealthIndicator larderHealthIndicator(
        CacheManager manager) {
      return () -> {
        Checkup checkup = Checkup.of(manager);
        return org.springframework.boot.actuate.health.Health.status(checkup.status())
            .withDetails(checkup.details())
            .build();
      };
    }
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(org.springframework.boot.health.contributor.HealthIndicator.class)
  @Conditional(HealthIsWanted.class)
  static class HealthOfBoot4 {
    @Bean
    @ConditionalOnMissingBean(name = "larderHealthIndicator")
    org.springframework.boot.health.contributor.HealthIndicator larderHealthIndicator(
        CacheManager manager) {
      return () -> {
        Checkup checkup = Checkup.of(manager);
        return org.springframework.boot.health.contributor.Health.status(checkup.status())
            .withDetails(checkup.details())
            .build();
      };
    }
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(MeterBinder.class)
  static class Metrics {
    @Bean
    @ConditionalOnMissingBean
    LarderMetrics larderMetrics(CacheManager manager) {
      return new LarderMetrics(manager);
    }
  }

  /** {@code management.health.larder.enabled}, or else what holds for all health indicators. */
  static final class HealthIsWanted extends SpringBootCondition {
    @Override
    public ConditionOutcome getMatchOutcome(
        ConditionContext context, AnnotatedTypeMetadata metadata) {
      Environment environment = context.getEnvironment();
      boolean all =
          environment.getProperty("management.health.defaults.enabled", Boolean.class, true);
      boolean wanted =
          environment.getProperty("management.health.larder.enabled", Boolean.class, all);
      return new ConditionOutcome(
          wanted,
          ConditionMessage.forCondition("Larder's health")
              .because(wanted ? "enabled" : "disabled"));
    }
  }
}
