package dev.larder.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.server.command.Config;
import dev.larder.server.command.Setting;
import dev.larder.spring.LarderProperties.CacheSettings;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What {@code application.yml} says, as settings of the cache manager and as an editor knows it.
 */
class LarderPropertiesTest {
  /** What the server's settings are called beyond those of {@code redis.conf}. */
  private static final List<String> OWN = List.of("enabled", "caches", "password");

  private static LarderProperties bind(Map<String, ?> properties) {
    return new Binder(new MapConfigurationPropertySource(properties))
        .bindOrCreate(
            "larder",
            Bindable.of(LarderProperties.class),
            new NoUnboundElementsBindHandler(BindHandler.DEFAULT));
  }

  @Test
  void nothingSaysNothing() {
    assertThat(bind(Map.of()).settings()).isEmpty();
    assertThat(bind(Map.of()).createMissingCaches()).isNull();
  }

  @Test
  void settingsGoByTheirNames() {
    Map<String, Object> given = new LinkedHashMap<>();
    given.put("larder.default.maximumSize", "7");
    given.put("larder.cache.userNames.ttl", "10m");
    given.put("larder.cache[com.acme.*].statistics", "on");
    given.put("larder.cache.books.allow[0]", "com.acme.*");
    given.put("larder.cache.books.allow[1]", "java.util.**");
    given.put("larder.cache.books.appendonly", "true");
    given.put("larder.cache.books.appendfsync", "false");
    given.put("larder.server.enabled", "true");
    given.put("larder.server.caches[0]", "a");
    given.put("larder.server.caches[1]", "b");
    given.put("larder.server.maxmemory-policy", "allkeys-lfu");
    given.put("larder.server.password", "true");
    assertThat(new TreeMap<>(bind(given).settings()))
        .isEqualTo(
            new TreeMap<>(
                Map.of(
                    "larder.default.maximum-size", "7",
                    "larder.cache.userNames.ttl", "10m",
                    "larder.cache.com.acme.*.statistics", "true",
                    "larder.cache.books.allow", "com.acme.*,java.util.**",
                    "larder.cache.books.appendonly", "yes",
                    "larder.cache.books.appendfsync", "no",
                    "larder.server.enabled", "yes",
                    "larder.server.caches", "a,b",
                    "larder.server.maxmemory-policy", "allkeys-lfu",
                    "larder.server.password", "true")));
  }

  @Test
  void unknownNamesAreRefused() {
    for (String name : List.of("default.tttl", "cache.books.tttl", "chace.books.ttl")) {
      assertThatThrownBy(() -> bind(Map.of("larder." + name, "1")))
          .isInstanceOf(BindException.class)
          .hasRootCauseMessage("The elements [larder." + name + "] were left unbound.");
    }
  }

  @Test
  void everySettingReachesTheManager() {
    for (String name : components()) {
      String value =
          switch (name) {
            case "auto-aof-rewrite-percentage", "ttl-jitter" -> "1";
            default -> "true";
          };
      assertThat(bind(Map.of("larder.default." + name, value)).settings())
          .as(name)
          .containsOnlyKeys("larder.default." + name);
    }
  }

  /** The names as files have them. */
  private static List<String> components() {
    return Stream.of(CacheSettings.class.getRecordComponents())
        .map(RecordComponent::getName)
        .map(name -> name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT))
        .toList();
  }

  // ------------------------------------------------------------------------------ for editors

  @Test
  void editorsKnowEverySettingAndNoOther() throws Exception {
    TreeSet<String> expected =
        new TreeSet<>(List.of("larder.cache", "larder.create-missing-caches", "larder.server"));
    components().forEach(name -> expected.add("larder.default." + name));
    OWN.forEach(name -> expected.add("larder.server." + name));
    for (Setting setting : Config.ALL) {
      boolean isToBeSet = !setting.name().equals("databases") && !setting.meaning().isEmpty();
      if (isToBeSet) { // else Redis' words for what is not to be chosen
        expected.add("larder.server." + setting.name());
      }
    }
    expected.add("management.health.larder.enabled");
    assertThat(properties().keySet()).isEqualTo(expected);
  }

  @Test
  void editorsAreToldTheTypes() throws Exception {
    Map<String, JsonNode> properties = properties();
    RecordComponent[] components = CacheSettings.class.getRecordComponents();
    for (int i = 0; i < components.length; i++) {
      assertThat(properties.get("larder.default." + components().get(i)).get("type").asString())
          .as(components[i].getName())
          .isEqualTo(components[i].getGenericType().getTypeName());
    }
    assertThat(properties.get("larder.cache").get("type").asString())
        .as("the names of a cache's settings are found in the class")
        .isEqualTo("java.util.Map<java.lang.String," + CacheSettings.class.getName() + ">");
  }

  private static Map<String, JsonNode> properties() throws Exception {
    try (InputStream in =
        LarderPropertiesTest.class.getResourceAsStream(
            "/META-INF/spring-configuration-metadata.json")) {
      Map<String, JsonNode> properties = new TreeMap<>();
      for (JsonNode one : JsonMapper.shared().readTree(in).get("properties")) {
        assertThat(one.get("description").asString()).as(one.toString()).endsWith(".");
        assertThat(properties.put(one.get("name").asString(), one)).isNull();
      }
      return properties;
    }
  }
}
