package dev.larder.codec;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.Codec;
import dev.larder.CodecException;
import java.io.Serializable;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.Period;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.Currency;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Values to bytes on disk and back. */
class DiskFormTest {
  enum Color {
    RED,
    GREEN {
      @Override
      public String toString() {
        return "green";
      }
    }
  }

  sealed interface Shape extends Serializable permits Circle, Box {}

  record Circle(double radius) implements Shape {}

  record Box(List<? extends Number> sides, Color color) implements Shape {}

  record Order(Map<String, List<Shape>> shapes, Set<Instant> times, Color[] colors, Object other)
      implements Serializable {}

  /** Is written as something else, as <i>Effective Java</i> has it. */
  static final class Period2 implements Serializable {
    private static final long serialVersionUID = 1L;
    private final transient Instant from;

    Period2(Instant from) {
      this.from = from;
    }

    private Object writeReplace() {
      return new Written(from);
    }

    private record Written(Instant from) implements Serializable {
      private Object readResolve() {
        return new Period2(from);
      }
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Period2 that && from.equals(that.from);
    }

    @Override
    public int hashCode() {
      return from.hashCode();
    }
  }

  static <T> DiskForm<T> form(Class<T> type, String... allowed) {
    Copier copier = new Copier(DiskFormTest.class.getClassLoader());
    return DiskForm.of(type, TextCodecs.of(type, copier), false, copier, List.of(allowed));
  }

  private static String shown(byte[] bytes) {
    return new String(bytes, ISO_8859_1);
  }

  private static <T> void assertComesBack(DiskForm<T> form, T value) {
    byte[] bytes = form.toBytes(value);
    assertThat(bytes).isEqualTo(form.toBytes(value));
    assertThat(form.fromBytes(bytes.clone(), true))
        .isEqualTo(value)
        .hasSameClassAs(value)
        .usingDefaultComparator();
  }

  static Stream<Object> values() {
    return Stream.of(
        "",
        "42",
        "caf\u00e9",
        "\udce9",
        "\ud800",
        "\uDCFFLd",
        "\uDCFFLdJ42",
        "\uDCFFL",
        42L,
        42,
        (short) 42,
        (byte) 42,
        42.0,
        42f,
        0.1,
        0.1f,
        -0.0,
        -0.0f,
        Double.NaN,
        Float.NEGATIVE_INFINITY,
        Double.MIN_VALUE,
        Double.MAX_VALUE,
        Float.MAX_VALUE,
        new BigDecimal("1.10"),
        new BigDecimal("1E+5"),
        new BigDecimal("1E+20000"),
        BigInteger.TEN.pow(9_999),
        BigInteger.TEN.pow(10_001).negate(),
        true,
        'x',
        '\ud800',
        '\udc80',
        new UUID(1, 2),
        URI.create("http://a/b?c#d"),
        LocalDate.of(-5, 1, 2),
        LocalDate.MAX,
        LocalTime.MIN,
        LocalDateTime.of(2026, 10, 25, 2, 30),
        OffsetDateTime.parse("2026-01-31T23:59:00+01:00"),
        ZonedDateTime.parse("2026-10-25T02:30:00+01:00[Europe/Berlin]"),
        ZonedDateTime.ofInstant(Instant.EPOCH, ZoneId.of("UTC+01:30")),
        Instant.MIN,
        Instant.parse("2026-01-31T23:59:00.000000001Z"),
        Duration.ofSeconds(Long.MIN_VALUE),
        Duration.ofSeconds(-1, 1),
        Period.ofDays(3),
        Locale.GERMANY,
        Currency.getInstance("CHF"),
        ZoneId.of("Europe/Zurich"));
  }

  @ParameterizedTest
  @MethodSource("values")
  void aValueOfAnyCacheComesBack(Object value) {
    assertComesBack(form(Object.class), value);
    assertComesBack(form(Serializable.class), (Serializable) value);
  }

  @ParameterizedTest
  @MethodSource("values")
  @SuppressWarnings("unchecked")
  <T> void aValueOfADeclaredTypeComesBack(T value) {
    assertComesBack((DiskForm<T>) form(value.getClass()), value);
  }

  @Test
  void differentValuesHaveDifferentBytes() {
    DiskForm<Object> form = form(Object.class);
    assertThat(values().map(value -> shown(form.toBytes(value))).distinct().count())
        .isEqualTo(values().count());
  }

  @Test
  void untypedValuesAreTextWithATagUnlessTheyAreStrings() {
    DiskForm<Object> form = form(Object.class);

    assertThat(shown(form.toBytes("42"))).isEqualTo("42");
    assertThat(shown(form.toBytes(42L))).isEqualTo("\u00ffLdJ42");
    assertThat(shown(form.toBytes(42))).isEqualTo("\u00ffLdI42");
    assertThat(shown(form.toBytes("\uDCFFLd"))).isEqualTo("\u00ffLdT\u00ffLd");
    assertThat(shown(form.toBytes(new byte[] {1}))).isEqualTo("\u00ffLd[\u0001");
    assertThat(shown(form.toBytes(-0.0))).startsWith("\u00ffLdO\u00ac\u00ed\0\5");
    assertThat(shown(form.toBytes(LocalTime.NOON))).isEqualTo("\u00ffLdt12:00");
  }

  @Test
  void declaredTypesWithATextAreWhatRedisReads() {
    assertThat(shown(form(Long.class).toBytes(42L))).isEqualTo("42");
    assertThat(shown(form(Color.class).toBytes(Color.GREEN))).isEqualTo("GREEN");
    assertThat(shown(form(Double.class).toBytes(1e-3))).isEqualTo("0.001");
    assertThat(shown(form(byte[].class).toBytes(new byte[] {-1, 'L', 'd', 'J'})))
        .isEqualTo("\u00ffLdJ");
    assertThat(form(byte[].class).fromBytes(new byte[] {-1, 'L', 'd'}, true))
        .containsExactly(-1, 'L', 'd');
    assertThat(form(Color.class).fromBytes("GREEN".getBytes(ISO_8859_1), true))
        .isSameAs(Color.GREEN);
  }

  @Test
  void stringsOfAForeignFileAreTakenAsTheyAre() {
    byte[] bytes = "\u00ffLdJ42".getBytes(ISO_8859_1);

    assertThat(form(String.class).fromBytes(bytes.clone(), false)).isEqualTo("\uDCFFLdJ42");
    assertThat(form(Object.class).fromBytes(bytes.clone(), false)).isEqualTo(42L);
    assertThatThrownBy(() -> form(String.class).fromBytes(bytes, true))
        .isInstanceOf(CodecException.class)
        .hasMessage("expected a java.lang.String, found a java.lang.Long");
  }

  @Test
  void aDeclaredTypeComesBackWithAllItIsMadeOf() {
    DiskForm<Order> form = form(Order.class);
    for (Map<String, List<Shape>> shapes :
        List.<Map<String, List<Shape>>>of(
            Map.of(
                "a", List.of(new Circle(1), new Box(List.of(1, 2L, BigDecimal.ONE), Color.GREEN))),
            new TreeMap<>(Map.of("a", new ArrayList<>(List.of(new Circle(2))))),
            new HashMap<>(Map.of("a", Arrays.asList(new Circle(2), null))),
            new LinkedHashMap<>(
                Map.of("a", Collections.unmodifiableList(new ArrayList<>(List.of())))),
            new ConcurrentHashMap<>(Map.of("a", Collections.emptyList())),
            Collections.unmodifiableMap(new HashMap<>()))) {
      for (Set<Instant> times :
          List.<Set<Instant>>of(
              Set.of(Instant.EPOCH),
              new HashSet<>(Set.of(Instant.MAX)),
              new TreeSet<Instant>(Comparator.reverseOrder()),
              new CopyOnWriteArraySet<>(Set.of(Instant.MIN)))) {
        Order order = new Order(shapes, times, null, "x");
        Order back = form.fromBytes(form.toBytes(order), true);
        assertThat(back).isEqualTo(order);
        assertThat(back.shapes()).hasSameClassAs(shapes);
      }
    }
    Order colors = new Order(null, null, Color.values(), null);
    assertThat(form.fromBytes(form.toBytes(colors), true).colors()).isEqualTo(Color.values());
  }

  @Test
  void aCollectionThatIsDeclaredAsSuchMayBeAnyUsualOne() {
    assertComesBack(form(List.class), List.of("a", 1, Instant.EPOCH));
    assertComesBack(form(List.class), IntStream.range(0, 5_000).boxed().toList());
    assertComesBack(form(Map.class), new HashMap<>(Map.of(1, 2L)));
    assertComesBack(form(Map.class, Color.class.getName()), new EnumMap<>(Map.of(Color.RED, "r")));
    Set<Color> all = EnumSet.allOf(Color.class);
    byte[] saved = form(Set.class, Color.class.getName()).toBytes(all);
    Object loaded = form(Set.class, Color.class.getName()).fromBytes(saved, true);
    assertThat(loaded).isEqualTo(all);
    assertComesBack(form(Set.class), new HashSet<>(sparse()));
    assertComesBack(form(int[][].class), new int[][] {{1, 2}, {}, {3}});
  }

  /** Has much larger a table than entries, and is small on disk. */
  private static Set<String> sparse() {
    Set<String> set = new HashSet<>(1 << 4, 0.25f);
    IntStream.rangeClosed('A', 'z').forEach(c -> set.add(String.valueOf((char) c)));
    return set;
  }

  @Test
  void aClassThatWritesAnotherOfItsOwnComesBack() {
    assertComesBack(form(Period2.class), new Period2(Instant.EPOCH));
  }

  @Test
  void aUsersCodecIsTheForm() {
    Codec<Circle> codec =
        new Codec<>() {
          @Override
          public Circle copy(Circle value) {
            return value;
          }

          @Override
          public byte[] toBytes(Circle value) {
            return ("\u00ffLd" + value.radius()).getBytes(ISO_8859_1);
          }

          @Override
          public Circle fromBytes(byte[] bytes) {
            return new Circle(Double.parseDouble(shown(bytes).substring(3)));
          }
        };
    DiskForm<Circle> form = DiskForm.of(Circle.class, codec, true, new Copier(null), List.of());

    assertComesBack(form, new Circle(1.5));
    assertThat(form.name()).isEqualTo(Circle.class.getName() + " by " + codec.getClass().getName());
    assertThatThrownBy(() -> form.fromBytes(new byte[0], true))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("StringIndexOutOfBounds");
    assertThat(form(Long.class).name()).isEqualTo("java.lang.Long");
    assertThat(form(byte[].class).name()).isEqualTo("byte[]");
  }

  @Test
  void textThatIsNoValueOfTheTypeIsRefused() {
    assertThatThrownBy(() -> form(Long.class).fromBytes("x".getBytes(ISO_8859_1), false))
        .isInstanceOf(CodecException.class)
        .hasMessage("expected a 64-bit integer, found \"x\"");
    assertThatThrownBy(() -> form(Circle.class).fromBytes("x".getBytes(ISO_8859_1), false))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("Circle");
    assertThatThrownBy(() -> form(Object.class).fromBytes("\u00ffLd?".getBytes(ISO_8859_1), false))
        .isInstanceOf(CodecException.class)
        .hasMessage("expected a value with the tag of a type, found ff4c643f");
  }
}
