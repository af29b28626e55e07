package dev.larder.spring;

import dev.larder.jcache.LarderCachingProvider;
import dev.larder.spring.LarderAutoConfiguration.JCacheCustomizers;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.Configuration;
import javax.cache.configuration.MutableConfiguration;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.origin.PropertySourceOrigin;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.Environment;
import org.springframework.core.io.Resource;
import org.springframework.util.StringUtils;

/**
 * Opens the manager of one application context.
 *
 * <p>JCache has one manager for each URI and class loader, and it would be shared, and closed by
 * the first to end, if two contexts of a JVM had the same. So each gets a URI that no other has:
 * {@code larder:shop-1}, by the name of the application, or that of the settings' file with the
 * same after a {@code #}. The class loader is that of the beans, which is not the one that loaded
 * Larder in a packaged application or where devtools restart it.
 *
 * <p>The manager takes its settings from {@code larder.…} of the environment, and below that from a
 * {@code larder.properties} or the file that {@code spring.cache.jcache.config} names.
 */
final class ContextCaches {
  private static final AtomicLong COUNT = new AtomicLong();

  private final ConfigurableApplicationContext context;
  private final Environment environment;
  private final Map<String, String> settings;

  ContextCaches(ConfigurableApplicationContext context, LarderProperties properties) {
    this.context = context;
    this.environment = context.getEnvironment();
    this.settings = properties.settings();
  }

  /** The caches that {@code spring.cache.cache-names} lists. */
  static List<String> names(Environment environment) {
    return Binder.get(environment)
        .bind("spring.cache.cache-names", Bindable.listOf(String.class))
        .orElse(List.of());
  }

  CacheManager open(
      ObjectProvider<Configuration<?, ?>> configuration, List<JCacheCustomizers> customizers) {
    Properties properties = new Properties();
    settings.forEach(properties::setProperty);
    customizers.forEach(one -> one.properties().accept(properties)); // code has the last word
    CacheManager manager = open(properties);
    try {
      for (String name : names(environment)) {
        if (manager.getCache(name) == null) { // else larder.cache.… has it
          create(manager, name, configuration.getIfAvailable(MutableConfiguration::new));
        }
      }
      customizers.forEach(one -> one.manager().accept(manager));
      return manager;
    } catch (RuntimeException | Error e) {
      manager.close();
      throw e;
    }
  }

  private static <K, V> void create(
      CacheManager manager, String name, Configuration<K, V> configuration) {
    manager.createCache(name, configuration);
  }

  private CacheManager open(Properties properties) {
    ClassLoader loader = context.getBeanFactory().getBeanClassLoader();
    try {
      return Caching.getCachingProvider(LarderCachingProvider.class.getName())
          .getCacheManager(uri(), loader, properties);
    } catch (CacheException e) {
      throw placed(e, properties);
    }
  }

  // ------------------------------------------------------------------------------------------ URI

  private URI uri() {
    String name = context.getId() + "-" + COUNT.incrementAndGet();
    String file = environment.getProperty("spring.cache.jcache.config");
    try {
      return StringUtils.hasText(file)
          ? URI.create(located(file) + "#" + new URI(null, null, name).getRawFragment())
          : new URI("larder", name, null);
    } catch (URISyntaxException e) {
      throw new IllegalStateException("cannot name the caches of '" + name + "'", e);
    }
  }

  private URI located(String file) {
    Resource resource = context.getResource(file);
    try {
      if (!resource.exists()) {
        throw new FileNotFoundException("there is no " + resource);
      }
      return resource.getURI();
    } catch (IOException e) {
      throw new UncheckedIOException("expected the settings of caches in " + file, e);
    }
  }

  // --------------------------------------------------------------------------------------- errors

  /** The failure with the place where the setting that it names was set, for Boot to show it. */
  private RuntimeException placed(CacheException failure, Properties properties) {
    String message = String.valueOf(failure.getMessage());
    return settings.keySet().stream()
        .filter(key -> message.contains(key) || message.contains(unknown(key)))
        .filter(
            key ->
                Objects.equals(settings.get(key), properties.get(key))) // else a customizer set it
        .max(Comparator.comparingInt(String::length))
        .<RuntimeException>map(
            key -> {
              InvalidConfigurationPropertyValueException placed =
                  new InvalidConfigurationPropertyValueException(
                      asWritten(key), settings.get(key), message);
              placed.addSuppressed(failure); // its constructor has said that there is no cause
              return placed;
            })
        .orElse(failure);
  }

  /** How the manager calls one that it does not know. */
  private static String unknown(String key) {
    return "unknown setting '" + key.substring(key.lastIndexOf('.') + 1) + "'";
  }

  /** The name of the setting as it is in the file, where it may have other letters and hyphens. */
  private String asWritten(String key) {
    ConfigurationPropertyName name = propertyName(key);
    for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
      ConfigurationProperty found = source.getConfigurationProperty(name);
      if (found != null && found.getOrigin() instanceof PropertySourceOrigin origin) {
        return origin.getPropertyName();
      }
    }
    return key;
  }

  /** {@code larder.cache.com.acme.User.ttl} is {@code larder.cache[com.acme.User].ttl} to Boot. */
  private static ConfigurationPropertyName propertyName(String key) {
    if (!key.startsWith(LarderProperties.CACHE)) {
      return ConfigurationPropertyName.adapt(key, '.');
    }
    int end = key.lastIndexOf('.');
    return ConfigurationPropertyName.of("larder.cache")
        .append("[" + key.substring(LarderProperties.CACHE.length(), end) + "]")
        .append(key.substring(end + 1));
  }
}
