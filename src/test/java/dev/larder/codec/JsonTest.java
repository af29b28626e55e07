package dev.larder.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.Codec;
import dev.larder.CodecException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZonedDateTime;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TimeZone;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Values as JSON, with each Jackson, both and none. */
class JsonTest {

  /** An untyped codec, in a class loader of its own that sees no other Jackson. */
  enum With {
    JACKSON_2(Isolated.JACKSON_2),
    JACKSON_3(Isolated.JACKSON_3);

    final String prefix;
    final Codec<Object> codec;

    With(String prefix) {
      this.prefix = prefix;
      this.codec = Isolated.seeing(prefix).codec(Object.class, null);
    }

    String json(Object value) {
      return new String(codec.toBytes(value), UTF_8);
    }
  }

  record User(String name, int age, Map<String, Object> more) {}

  @ParameterizedTest
  @EnumSource
  void objectsAreOneLineOfJson(With jackson) {
    assertThat(jackson.json(new User("Zo\u00EB", 7, Map.of())))
        .isEqualTo("{'age':7,'more':{},'name':'Zo\u00EB'}".replace('\'', '"'));
    assertThat(jackson.json(new Bean())).isEqualTo("{'a':null,'b':[1,2]}".replace('\'', '"'));
    assertThat(jackson.json(new Object())).isEqualTo("{}");
    assertThat(jackson.json(Optional.of(List.of(1)))).isEqualTo("[1]");
    assertThat(jackson.json(new AtomicLong(5))).isEqualTo("5");
    assertThat(jackson.json(new int[] {1, 2})).isEqualTo("[1,2]");
    assertThat(jackson.json(List.of(new byte[] {0, 1, 2, -1}, Colour.RED, "\n")))
        .isEqualTo("[\"AAEC/w==\",\"RED\",\"\\n\"]");
  }

  @ParameterizedTest
  @EnumSource
  void keysOfMapsAreSorted(With jackson) {
    Map<String, Integer> map = new HashMap<>();
    Map<String, Integer> reversed = new LinkedHashMap<>();
    StringBuilder expected = new StringBuilder();
    for (int i = 10; i < 90; i++) {
      map.put("Aa" + i, i);
      reversed.put("Aa" + (99 - i), 99 - i);
      expected.append(",\"Aa").append(i).append("\":").append(i);
    }

    assertThat(jackson.json(map)).isEqualTo("{" + expected.substring(1) + "}");
    assertThat(jackson.json(reversed)).isEqualTo("{" + expected.substring(1) + "}");
    assertThat(jackson.json(Map.of(List.of(2), 1))).isEqualTo("{\"[2]\":1}");
  }

  @ParameterizedTest
  @EnumSource
  void aMapThatCannotBeSortedIsAnError(With jackson) {
    assertFails(jackson, Map.of("a", 1, 2, 2), "java.lang.String");

    Map<Object, Object> map = new HashMap<>();
    map.put(null, 1);
    assertFails(jackson, map, "Null key");
  }

  @ParameterizedTest
  @EnumSource
  void timesAreIsoTextWhateverTheMachine(With jackson) {
    TimeZone zone = TimeZone.getDefault();
    Locale locale = Locale.getDefault();
    TimeZone.setDefault(TimeZone.getTimeZone("Asia/Tokyo"));
    Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
    try {
      List<Object> times =
          List.of(
              LocalDate.of(2026, 1, 31),
              Instant.ofEpochSecond(1, 5_000_000),
              Duration.ofMinutes(90),
              ZonedDateTime.parse("2026-01-31T12:00+01:00[Europe/Berlin]"),
              new Date(0));

      assertThat(jackson.json(times))
          .startsWith(
              "[\"2026-01-31\",\"1970-01-01T00:00:01.005Z\",\"PT1H30M\","
                  + "\"2026-01-31T12:00:00+01:00[Europe/Berlin]\",\"1970-01-01T00:00:00.000")
          .matches("\\p{ASCII}*");
    } finally {
      TimeZone.setDefault(zone);
      Locale.setDefault(locale);
    }
  }

  @ParameterizedTest
  @EnumSource
  void textIsUtf8AndLoneSurrogatesAreEscaped(With jackson) {
    assertThat(jackson.json(List.of("\u00E9 \uD83D\uDE00"))).isEqualTo("[\"\u00E9 \uD83D\uDE00\"]");

    assertThat(jackson.json(List.of("\uD83D", "\uDC80", "x\uDCE9", "\uD83Dx")))
        .isEqualTo("['\\uD83D','\\uDC80','x\\uDCE9','\\uD83Dx']".replace('\'', '"'));
  }

  @ParameterizedTest
  @EnumSource
  void valuesWithATextOfTheirOwnAreNoJson(With jackson) {
    assertThat(jackson.json("text")).isEqualTo("text");
    assertThat(jackson.json(Instant.EPOCH)).isEqualTo("1970-01-01T00:00:00Z");
    assertThat(jackson.json(Colour.RED)).isEqualTo("RED");
    assertThat(jackson.codec.toBytes(new byte[] {-1})).containsExactly(-1);
  }

  @ParameterizedTest
  @EnumSource
  void aCycleIsAnError(With jackson) {
    List<Object> list = new ArrayList<>();
    list.add(list);
    Bean bean = new Bean();
    bean.a = List.of(bean);
    Map<String, Object> map = new HashMap<>();
    map.put("x", new Object[] {map});

    for (Object value : List.of(list.subList(0, 1), bean, map)) {
      assertFails(jackson, value, "it");
    }
    bean.a = bean;
    assertFails(jackson, bean, "Direct self-reference");
  }

  @ParameterizedTest
  @EnumSource
  void whatIsNestedTooDeeplyIsAnErrorOnAnyStack(With jackson) throws InterruptedException {
    Object deep = "leaf";
    for (int i = 0; i < 100_000; i++) {
      deep = Arrays.asList(deep);
    }
    Object value = deep;
    List<Throwable> thrown = new ArrayList<>();
    Thread narrow =
        new Thread(
            null,
            () -> {
              try {
                jackson.codec.toBytes(value);
              } catch (Throwable e) {
                thrown.add(e);
              }
            },
            "narrow",
            200 << 10);
    narrow.start();
    narrow.join();

    assertFails(jackson, value, "it is nested too deeply");
    assertThat(thrown).singleElement().isInstanceOf(CodecException.class);
  }

  @ParameterizedTest
  @EnumSource
  void whateverAGetterThrowsIsAnError(With jackson) {
    for (Throwable thrown :
        List.of(
            new IllegalStateException("closed\r\nfor today"),
            new IOException("closed"),
            new NoClassDefFoundError("closed"),
            new AssertionError("closed"))) {
      assertFails(jackson, new Thrower(thrown), "closed");
    }
    assertFails(jackson, new Thrower(new StackOverflowError()), "");
    assertFails(jackson, new Thrower(new Mute()), "");
    assertFails(jackson, new Thrower(new IllegalStateException("x".repeat(5_000))), "xxx");
  }

  @ParameterizedTest
  @EnumSource
  void whatIsTooLongIsAnError(With jackson) {
    Object endless =
        new AbstractList<String>() {
          @Override
          public String get(int index) {
            return "0123456789abcdef".repeat(1_000);
          }

          @Override
          public int size() {
            return Integer.MAX_VALUE;
          }
        };

    assertFails(jackson, endless, "it would be longer than " + Json.MAX_LENGTH + " bytes");
    assertFails(jackson, List.of(endless), "it would be longer than");
  }

  @ParameterizedTest
  @EnumSource
  void anObjectIsNeverMadeFromBytes(With jackson) {
    Codec<Object> users = Isolated.seeing(jackson.prefix).codec(User.class, null);

    assertThat(users.toBytes(new User("a", 1, Map.of()))).asString(UTF_8).startsWith("{\"age\":1");
    assertThatThrownBy(() -> users.fromBytes("{}".getBytes(UTF_8)))
        .isInstanceOf(CodecException.class)
        .hasMessage(
            "expected a dev.larder.codec.JsonTest$User, which cannot be made from text,"
                + " found \"{}\"");
    assertThat(jackson.codec.fromBytes("{}".getBytes(UTF_8))).isEqualTo("{}");
  }

  @Test
  void theSameBytesComeFromEitherJackson() {
    for (Object value :
        List.of(
            new User("a", 1, Map.of("y", Colour.RED, "x", Duration.ofMillis(1500))),
            List.of(Optional.empty(), 1.5, Double.NaN, 1e100, new int[0][1]),
            Map.of(Colour.RED, new char[] {'a'}))) {
      assertThat(With.JACKSON_2.json(value)).isEqualTo(With.JACKSON_3.json(value));
    }
  }

  @Test
  void withoutJacksonTheErrorSaysSo() {
    Codec<Object> codec = Isolated.seeing().codec(Object.class, null);

    assertThat(codec.toBytes(5L)).asString(UTF_8).isEqualTo("5");
    assertThatThrownBy(
            () ->
                withContextLoader(
                    ClassLoader.getPlatformClassLoader(),
                    () -> codec.toBytes(new User("a", 1, Map.of()))))
        .isInstanceOf(CodecException.class)
        .hasMessage(
            "the value is a dev.larder.codec.JsonTest$User, which has no text: put Jackson 2 or 3"
                + " on the class path to see it as JSON");
  }

  @Test
  void ofTwoJacksonsTheNewerIsTaken() {
    Isolated both = Isolated.seeing(Isolated.JACKSON_2, Isolated.JACKSON_3);

    assertThat(both.codec(Object.class, null).toBytes(List.of())).asString(UTF_8).isEqualTo("[]");
    assertThat(both.loaded(Isolated.JACKSON_3)).isTrue();
    assertThat(both.loaded(Isolated.JACKSON_2)).isFalse();
  }

  @Test
  void jacksonIsLookedForWithLardersLoaderThenTheManagersThenTheThreads() {
    Isolated larder = Isolated.seeing(Isolated.JACKSON_2);
    Isolated manager = Isolated.seeing(Isolated.JACKSON_3);
    Isolated thread = Isolated.seeing(Isolated.JACKSON_3);
    withContextLoader(thread, () -> larder.codec(Object.class, manager).toBytes(List.of()));
    assertThat(larder.loaded(Isolated.JACKSON_2)).isTrue();
    assertThat(manager.loaded(Isolated.JACKSON_3)).isFalse();

    Isolated blind = Isolated.seeing();
    withContextLoader(thread, () -> blind.codec(Object.class, manager).toBytes(List.of()));
    assertThat(manager.loaded(Isolated.JACKSON_3)).isTrue();
    assertThat(thread.loaded(Isolated.JACKSON_3)).isFalse();

    withContextLoader(thread, () -> blind.codec(Object.class, null).toBytes(List.of()));
    assertThat(thread.loaded(Isolated.JACKSON_3)).isTrue();
  }

  @Test
  void aBrokenJacksonIsNone() {
    Isolated broken =
        Isolated.seeing("tools.jackson.databind", Isolated.JACKSON_2); // without its core

    assertThat(broken.codec(Object.class, null).toBytes(List.of(1)))
        .asString(UTF_8)
        .isEqualTo("[1]");
    assertThat(broken.loaded(Isolated.JACKSON_2)).isTrue();
  }

  @Test
  void onlyValuesWithoutATextOfTheirOwnCountAsJson() {
    Copier copier = new Copier(null);
    Codec<Object> untyped = TextCodecs.of(Object.class, copier);

    assertThat(TextCodecs.showsAsJson(untyped, List.of())).isTrue();
    assertThat(TextCodecs.showsAsJson(untyped, "text")).isFalse();
    assertThat(TextCodecs.showsAsJson(untyped, Colour.RED)).isFalse();
    assertThat(TextCodecs.showsAsJson(untyped, new byte[0])).isFalse();
    assertThat(TextCodecs.showsAsJson(TextCodecs.of(User.class, copier), List.of())).isTrue();
    assertThat(TextCodecs.showsAsJson(TextCodecs.of(String.class, copier), "text")).isFalse();
  }

  private static void assertFails(With jackson, Object value, String reason) {
    assertThatThrownBy(() -> jackson.codec.toBytes(value))
        .isInstanceOf(CodecException.class)
        .hasMessageStartingWith(
            "a " + value.getClass().getTypeName() + " cannot be shown as JSON: ")
        .hasMessageContaining(reason)
        .satisfies(
            e -> assertThat(e.getMessage()).doesNotContainPattern("[\r\n]").hasSizeLessThan(400));
  }

  private static void withContextLoader(ClassLoader loader, Runnable action) {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(loader);
    try {
      action.run();
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  enum Colour {
    RED {
      @Override
      public String toString() {
        return "Rot";
      }
    }
  }

  /** With a getter before its time in the alphabet. */
  public static final class Bean {
    Object a;

    public int[] getB() {
      return new int[] {1, 2};
    }

    public Object getA() {
      return a;
    }
  }

  public record Thrower(Throwable thrown) {
    public Object getValue() {
      throw sneaky(thrown);
    }

    @Override
    public Throwable thrown() {
      throw sneaky(thrown);
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> RuntimeException sneaky(Throwable e) throws T {
      throw (T) e;
    }
  }

  private static final class Mute extends RuntimeException {
    @Override
    public String getMessage() {
      throw new IllegalStateException();
    }
  }

  /** Larder's codecs once more, beside those Jacksons that they shall see. */
  private static final class Isolated extends ClassLoader {
    static final String JACKSON_2 = "com.fasterxml.jackson";
    static final String JACKSON_3 = "tools.jackson";

    private final List<String> seen;

    private Isolated(List<String> seen) {
      super(JsonTest.class.getClassLoader());
      this.seen = seen;
    }

    static Isolated seeing(String... packages) {
      return new Isolated(List.of(packages));
    }

    @SuppressWarnings("unchecked")
    Codec<Object> codec(Class<?> type, ClassLoader managers) {
      try {
        Class<?> copiers = loadClass(Copier.class.getName());
        Object copier = copiers.getConstructor(ClassLoader.class).newInstance(managers);
        return (Codec<Object>)
            loadClass(TextCodecs.class.getName())
                .getMethod("of", Class.class, copiers)
                .invoke(null, type, copier);
      } catch (ReflectiveOperationException e) {
        throw new AssertionError(e);
      }
    }

    boolean loaded(String jackson) {
      return findLoadedClass(jackson + ".databind.json.JsonMapper") != null;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      boolean jackson = name.startsWith(JACKSON_2 + ".") || name.startsWith(JACKSON_3 + ".");
      if (name.startsWith(JACKSON_2 + ".annotation.")
          || (!jackson && !name.startsWith("dev.larder.codec."))) {
        return super.loadClass(name, resolve);
      }
      if (jackson && seen.stream().noneMatch(name::startsWith)) {
        throw new ClassNotFoundException(name);
      }
      synchronized (getClassLoadingLock(name)) {
        Class<?> loaded = findLoadedClass(name);
        return loaded != null ? loaded : define(name);
      }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
      try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
        if (in == null) {
          throw new ClassNotFoundException(name);
        }
        byte[] bytes = in.readAllBytes();
        return defineClass(name, bytes, 0, bytes.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }
}
