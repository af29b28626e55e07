package dev.larder;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.reflect.Executable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What a native image must keep, because Larder asks for it by name: the files below {@code
 * META-INF/native-image}. Those for GraalVM 21 and older say the same in other words.
 */
class NativeImageTest {
  private static final Path METADATA =
      Path.of("src/main/resources/META-INF/native-image/dev.larder/larder");

  private static final Path SOURCES = Path.of("src/main/java");

  /** Virtual threads: looked for on every JDK, and there from 21 on. */
  private static final Set<String> NEWER =
      Set.of("java.lang.Thread$Builder", "java.lang.Thread$Builder$OfVirtual");

  private static final Set<String> NEWER_METHODS = Set.of("ofVirtual", "newThreadPerTaskExecutor");

  private static final Pattern LITERAL = Pattern.compile("\"([^\"\\\\]*)\"");

  @Test
  void everyClassAndMethodThatIsNamedExists() throws Exception {
    int checked = 0;
    for (JsonNode entry : read("reachability-metadata.json").get("reflection")) {
      String name = entry.get("type").asText();
      if (isTooNew(name)) {
        continue;
      }
      Class<?> type = find(name);
      assertThat(type).as(name).isNotNull();
      for (JsonNode method : entry.path("methods")) {
        if (!isTooNew(method.get("name").asText())) {
          assertThat(method(type, method)).isNotNull();
          checked++;
        }
      }
      if (entry.has("condition")) {
        String reached = entry.get("condition").get("typeReached").asText();
        assertThat(find(reached)).as(reached).isNotNull();
      }
      if (entry.path("serializable").asBoolean()) {
        assertThat(type).isAssignableTo(Serializable.class);
      }
    }
    assertThat(checked).isGreaterThan(10);
  }

  /** Also names that a class has only to compare them: better one too many than one too few. */
  @Test
  void everyClassThatMainCodeNamesInAStringIsListed() throws IOException {
    Set<String> named = new TreeSet<>();
    for (String literal : literals(SOURCES)) {
      if (literal.matches("(java|javax|jdk|sun|com\\.sun)\\.[\\w.]*\\.[A-Z][\\w$]*")
          && (find(literal) != null || NEWER.contains(literal))) {
        named.add(literal);
      }
    }
    assertThat(named).contains("sun.reflect.ReflectionFactory", "java.util.CollSer");
    assertThat(types("reachability-metadata.json")).containsAll(named);
  }

  /** Names that {@code Json} puts together of a version's package and what both versions have. */
  @Test
  void everyClassOfJacksonThatIsLookedForIsListed() throws IOException {
    List<String> literals = literals(SOURCES.resolve("dev/larder/codec/Json.java"));
    Set<String> named = new TreeSet<>();
    for (String prefix : literals) {
      if (prefix.endsWith(".jackson.")) {
        literals.stream()
            .filter(rest -> rest.matches("(core|databind|datatype)\\..*"))
            .map(prefix::concat)
            .filter(name -> find(name) != null)
            .forEach(named::add);
      }
    }
    assertThat(named)
        .contains(
            "tools.jackson.databind.json.JsonMapper",
            "com.fasterxml.jackson.datatype.jsr310.JavaTimeModule");
    assertThat(types("reachability-metadata.json")).containsAll(named);
  }

  @Test
  void resourcesThatAreLookedForAreListed() throws IOException {
    assertThat(read("reachability-metadata.json").get("resources").findValuesAsText("glob"))
        .containsExactly("META-INF/services/javax.cache.spi.CachingProvider", "larder.properties");
  }

  @Test
  void filesForOlderToolsSayTheSame() throws IOException {
    JsonNode metadata = read("reachability-metadata.json");
    Map<String, String> types = new LinkedHashMap<>();
    metadata.get("reflection").forEach(e -> types.put(e.get("type").asText(), members(e)));
    Map<String, String> older = new LinkedHashMap<>();
    read("reflect-config.json").forEach(e -> older.put(e.get("name").asText(), members(e)));
    assertThat(older).isEqualTo(types);

    List<String> serializable = new ArrayList<>();
    for (JsonNode entry : metadata.get("reflection")) {
      if (entry.path("serializable").asBoolean()) {
        serializable.add(entry.get("type").asText());
      }
    }
    assertThat(read("serialization-config.json").get("types").findValuesAsText("name"))
        .isEqualTo(serializable);

    assertThat(read("resource-config.json").findValuesAsText("pattern"))
        .isEqualTo(
            metadata.get("resources").findValuesAsText("glob").stream()
                .map(Pattern::quote)
                .toList());
  }

  private static String members(JsonNode entry) {
    return entry.path("methods") + " " + entry.path("allPublicMethods");
  }

  private static boolean isTooNew(String name) {
    return Runtime.version().feature() < 21
        && (NEWER.contains(name) || NEWER_METHODS.contains(name));
  }

  private static Executable method(Class<?> type, JsonNode method)
      throws ReflectiveOperationException {
    List<Class<?>> parameters = new ArrayList<>();
    for (JsonNode parameter : method.get("parameterTypes")) {
      parameters.add(
          switch (parameter.asText()) {
            case "long" -> long.class;
            case "boolean" -> boolean.class;
            default -> Class.forName(parameter.asText());
          });
    }
    Class<?>[] types = parameters.toArray(Class<?>[]::new);
    String name = method.get("name").asText();
    return name.equals("<init>") ? type.getConstructor(types) : type.getMethod(name, types);
  }

  private static Set<String> types(String file) throws IOException {
    return read(file).get("reflection").findValuesAsText("type").stream()
        .collect(Collectors.toSet());
  }

  /** The strings in a source file, or in all below a directory. */
  private static List<String> literals(Path path) throws IOException {
    try (Stream<Path> files = Files.walk(path)) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .flatMap(file -> LITERAL.matcher(content(file)).results().map(NativeImageTest::string))
          .toList();
    }
  }

  private static String string(MatchResult literal) {
    return literal.group(1);
  }

  private static String content(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Class<?> find(String name) {
    try {
      return Class.forName(name, false, NativeImageTest.class.getClassLoader());
    } catch (ClassNotFoundException | LinkageError e) {
      return null;
    }
  }

  private static JsonNode read(String file) throws IOException {
    return JsonMapper.builder().build().readTree(METADATA.resolve(file).toFile());
  }
}
