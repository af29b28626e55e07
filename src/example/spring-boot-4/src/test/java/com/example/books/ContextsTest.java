package com.example.books;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.LarderCache;
import java.io.IOException;
import java.util.List;
import java.util.stream.StreamSupport;
import javax.cache.configuration.MutableConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cache.CacheManager;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Contexts that begin and end. */
@ExtendWith(OutputCaptureExtension.class)
class ContextsTest {

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @EnableCaching
  static class Empty {
    @Bean
    Books books() {
      return new Books();
    }
  }

  static class OwnConfiguration {
    @Bean
    MutableConfiguration<Object, Object> configuration() {
      return new MutableConfiguration<>().setStoreByValue(false);
    }
  }

  private static ConfigurableApplicationContext open(String... arguments) {
    return new SpringApplicationBuilder(Empty.class).run(arguments);
  }

  private static Resp redis(ConfigurableApplicationContext context) throws IOException {
    return new Resp(context.getEnvironment().getProperty("local.larder.port", Integer.class));
  }

  @Test
  void twoContextsHaveCachesOfTheirOwn() throws IOException {
    String port = "--larder.server.port=0";
    try (ConfigurableApplicationContext one = open(port)) {
      try (ConfigurableApplicationContext two = open(port);
          Resp redis = redis(two)) {
        two.getBean(Books.class).byIsbn("1");
        one.getBean(Books.class).byIsbn("1");
        assertThat(one.getBean(Books.class).calls()).isEqualTo(1);
        redis.askIn("books", "FLUSHDB");
      }
      one.getBean(Books.class).byIsbn("1");
      assertThat(one.getBean(Books.class).calls()).isEqualTo(1);
      try (Resp redis = redis(one)) {
        assertThat(redis.askIn("books", "EXISTS", "1")).isEqualTo("1");
      }
    }
  }

  @Test
  void portIsFreeWhenTheContextIsClosed() throws IOException {
    int port;
    try (ConfigurableApplicationContext context =
        open("--larder.server.port=0", "--spring.main.lazy-initialization=true")) {
      port = context.getEnvironment().getRequiredProperty("local.larder.port", Integer.class);
    }
    assertThatThrownBy(() -> new Resp(port)).isInstanceOf(IOException.class);
    open("--larder.server.port=" + port).close();
  }

  @Test
  void customizersAndNamesAndConfigurationAreHonoured() {
    Boot.Customizers.CALLED.clear();
    try (ConfigurableApplicationContext context =
        new SpringApplicationBuilder(Empty.class, Boot.Customizers.class, OwnConfiguration.class)
            .run(
                "--spring.config.location=optional:classpath:/none.yml",
                "--spring.cache.cache-names=books,authors",
                "--larder.cache.books.statistics=true",
                "--larder.cache.ofCustomizer.ttl=1h")) {
      javax.cache.CacheManager jcache = context.getBean(javax.cache.CacheManager.class);
      assertThat(StreamSupport.stream(jcache.getCacheNames().spliterator(), false))
          .containsExactlyInAnyOrder("books", "ofCustomizer", "authors");
      assertThat(Boot.Customizers.CALLED.get(0)).isEqualTo("properties");
      LarderCache<Object, Object> ofCustomizer = LarderCache.of(jcache.getCache("ofCustomizer"));
      ofCustomizer.put("k", "v");
      assertThat(ofCustomizer.ttl("k")).as("code has the last word").isBetween(290L, 300L);
      assertThat(Boot.Customizers.CALLED).contains("authors");
      assertThat(Boot.Customizers.CALLED).endsWith("manager", "spring");
      assertThat(storesByValue(jcache, "books")).isTrue();
      assertThat(storesByValue(jcache, "authors")).isFalse();

      CacheManager spring = context.getBean(CacheManager.class);
      assertThat(spring.getCache("unknown")).as("names are all there are").isNull();
      assertThatThrownBy(() -> spring.getCache("books").put("k", null))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static boolean storesByValue(javax.cache.CacheManager manager, String cache) {
    return manager
        .getCache(cache)
        .getConfiguration(javax.cache.configuration.Configuration.class)
        .isStoreByValue();
  }

  @Test
  void missingCachesAreMadeUnlessThatIsSwitchedOff() {
    for (boolean made : List.of(true, false)) {
      try (ConfigurableApplicationContext context =
          open("--larder.server.enabled=false", "--larder.create-missing-caches=" + made)) {
        CacheManager manager = context.getBean(CacheManager.class);
        assertThat(manager.getCache("unheard-of") != null).isEqualTo(made);
        assertThat(context.getEnvironment().containsProperty("local.larder.port")).isFalse();
      }
    }
  }

  @Test
  void whoWantsOtherCachesGetsNoneOfThese() {
    try (ConfigurableApplicationContext context = open("--spring.cache.type=simple")) {
      assertThat(context.getBeansOfType(javax.cache.CacheManager.class)).isEmpty();
      assertThat(context.containsBean("larderHealthIndicator")).isFalse();
    }
  }

  // -------------------------------------------------------------------------------------- mistakes

  private static String failureOf(String file) {
    try {
      open("--spring.config.location=classpath:/" + file).close();
    } catch (RuntimeException e) {
      return e.toString();
    }
    return "no failure";
  }

  @Test
  void unknownKeyFailsWithItsFileAndLine(CapturedOutput output) {
    assertThat(failureOf("unknown.yml")).isNotEqualTo("no failure");
    assertThat(output)
        .contains("APPLICATION FAILED TO START")
        .contains("larder.cache.books.maximum-sice")
        .contains("[unknown.yml] - 4:21")
        .contains("did you mean 'maximum-size'");
  }

  @Test
  void badValueFailsWithItsFileAndLine(CapturedOutput output) {
    assertThat(failureOf("bad-value.yml")).isNotEqualTo("no failure");
    assertThat(output)
        .contains("APPLICATION FAILED TO START")
        .contains("larder.cache.books.ttl")
        .contains("[bad-value.yml] - 4:12")
        .contains("expected a positive duration")
        .doesNotContain("Can't overwrite cause");
  }

  @Test
  void unknownSettingOfTheServerFailsWithItsFileAndLine(CapturedOutput output) {
    assertThat(failureOf("bad-server.yml")).isNotEqualTo("no failure");
    assertThat(output)
        .contains("APPLICATION FAILED TO START")
        .contains("[bad-server.yml] - 5:15")
        .contains("did you mean 'maxmemory'");
  }
}
