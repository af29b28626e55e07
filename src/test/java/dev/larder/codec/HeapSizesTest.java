package dev.larder.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

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
import java.util.AbstractList;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Date;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.openjdk.jol.info.ClassLayout;
import org.openjdk.jol.info.GraphLayout;

/** Beside what JOL reads from the heap itself. */
class HeapSizesTest {
  @BeforeAll
  static void letJolLookIntoRecords() {
    System.setProperty("jol.magicFieldOffset", "true");
  }

  private static long real(Object object) {
    return GraphLayout.parseInstance(object).totalSize();
  }

  // ------------------------------------------------------------------------------------- exact

  record Point(int x, int y) {}

  record Person(String name, int age, UUID id, List<String> none) {}

  static class Narrow {
    byte b = 1;
  }

  static class Wider extends Narrow {
    Object reference = "a text";
    short s;
  }

  static final class Widest extends Wider {
    long l;
    byte more;
    int i;
    double[] array = {1, 2, 3};
  }

  static final class Node {
    Node next;
    String text;

    Node(Node next, String text) {
      this.next = next;
      this.text = text;
    }
  }

  static Stream<Object> exactly() {
    Node circle = new Node(null, "first");
    circle.next = new Node(circle, "second");
    String twice = "the same";
    return Stream.of(
        "",
        "a",
        "a text of some length, in Latin letters, with an ä",
        "Kyrillisch: Привет",
        "one € at the end of a text that is otherwise plain €",
        "😀",
        new byte[0],
        new byte[1_001],
        new boolean[13],
        new short[3],
        new char[5],
        new int[7],
        new float[2],
        new long[9],
        new double[1],
        new int[3][4],
        new String[] {"a", null, "b"},
        1_000L,
        1_000,
        (short) 1_000,
        '€',
        2.5,
        2.5f,
        new UUID(1, 2),
        BigInteger.ONE.shiftLeft(1_000),
        new BigInteger("-123456789012345678901234567890"),
        new BigDecimal("12.50"),
        new BigDecimal("12345678901234567890123456789.5"),
        LocalDate.of(2020, 2, 3),
        LocalTime.of(1, 2, 3, 4),
        LocalDateTime.of(2020, 2, 3, 4, 5, 6),
        Instant.ofEpochSecond(1, 2),
        Duration.ofSeconds(1, 2),
        Period.of(1, 2, 3),
        new Date(5),
        new AtomicLong(7),
        new Object(),
        new Point(1, 2),
        new Person("Ann", 42, new UUID(3, 4), null),
        new Narrow(),
        new Wider(),
        new Widest(),
        circle,
        new String[] {twice, twice, "other"},
        new Point[] {new Point(1, 2), new Point(3, 4)},
        BitSet.valueOf(new long[] {1, 2, 3}),
        List.of("a", "b"),
        List.of("a", "b", "c"),
        Set.of("a", "b", "c"),
        Map.of("a", "1", "b", "2"),
        Map.entry("a", "1"),
        Optional.of("a"),
        Collections.singletonList("a"),
        new AtomicReference<>("a"),
        filled(new ArrayList<>(), 40),
        filled(new LinkedList<>(), 40),
        filled(new HashMap<>(), 40),
        filled(new TreeMap<>(), 40));
  }

  @ParameterizedTest(name = "{index}") // texts of objects would be kept by them
  @MethodSource("exactly")
  void plainObjectsAreExact(Object object) {
    long size = HeapSizes.size(object);

    assertThat(size).as(object.getClass().getName()).isEqualTo(real(object));
  }

  private static Object filled(Collection<String> collection, int size) {
    IntStream.range(0, size).forEach(i -> collection.add("element " + i));
    return collection;
  }

  private static Object filled(Map<String, String> map, int size) {
    IntStream.range(0, size).forEach(i -> map.put("key " + i, "value " + i * 3));
    return map;
  }

  // -------------------------------------------------------------------------------------- near

  record Order(long id, List<String> items, Map<String, BigDecimal> prices) {}

  static final class LeastRecent extends LinkedHashMap<String, String> {
    private static final long serialVersionUID = 1;
    private final String name = "a field of its own";

    @Override
    protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
      return size() > 100 + name.length();
    }
  }

  static Stream<Object> nearly() {
    Map<String, Object> nested = new HashMap<>();
    IntStream.range(0, 500).forEach(i -> nested.put("map " + i, filled(new HashMap<>(), 20)));
    Map<String, BigDecimal> prices = new TreeMap<>();
    prices.put("apple", new BigDecimal("1.25"));
    Properties properties = new Properties();
    properties.putAll((Map<?, ?>) filled(new HashMap<>(), 40));
    return Stream.of(
        filled(new ArrayList<>(), 0),
        filled(new ArrayList<>(), 1),
        filled(new ArrayList<>(), 100_000),
        filled(new ArrayDeque<>(), 1_000),
        filled(new PriorityQueue<>(), 1_000),
        filled(new HashMap<>(), 0),
        filled(new HashMap<>(), 13),
        filled(new HashMap<>(), 10_000),
        filled(new LinkedHashSet<>(), 3_000),
        filled(new ConcurrentHashMap<>(), 1_000),
        filled(new TreeMap<>(), 50_000),
        filled(new LeastRecent(), 200),
        Arrays.asList("a", "b", "c"),
        new ArrayList<>(List.of("x".repeat(100), "y".repeat(200))),
        Collections.unmodifiableMap((Map<?, ?>) filled(new HashMap<>(), 100)),
        Collections.unmodifiableList((List<?>) filled(new ArrayList<>(), 100)),
        IntStream.range(1_000, 5_000).boxed().toList(),
        IntStream.range(0, 5_000).mapToObj(i -> new Point(i, i)).toArray(),
        nested,
        List.of(filled(new ArrayList<>(), 10_000), nested),
        filled(new HashSet<>(), 40),
        filled(new LinkedHashMap<>(), 40),
        filled(new TreeSet<>(), 40),
        filled(ConcurrentHashMap.newKeySet(), 40),
        filled(Collections.newSetFromMap(new HashMap<>()), 40),
        filled(new ConcurrentSkipListSet<>(), 10_000), // few have chance's heights
        filled(new CopyOnWriteArraySet<>(), 40),
        filled(new IdentityHashMap<>(), 0),
        filled(new IdentityHashMap<>(), 40),
        filled(new IdentityHashMap<>(), 5_000),
        properties,
        new StringBuilder("some text"),
        URI.create("http://user@example.com:8080/some/path?query=1#fragment"),
        new Order(1, filledList(), prices));
  }

  private static List<String> filledList() {
    return IntStream.range(0, 30).mapToObj(i -> "item number " + i).toList();
  }

  @ParameterizedTest(name = "{index}") // texts of objects would be kept by them
  @MethodSource("nearly")
  void collectionsAreWithinATenthOrAFewWords(Object object) {
    long size = HeapSizes.size(object);
    long real = real(object);

    assertThat(size)
        .as(object.getClass().getName())
        .isCloseTo(real, within(Math.max(64, real / 10)));
  }

  @Test
  void mapsOfEnumsCountTheirValuesButNotTheirEnums() {
    Map<TimeUnit, String> map = new EnumMap<>(TimeUnit.class);
    map.put(TimeUnit.DAYS, "a".repeat(1_000));
    map.put(TimeUnit.HOURS, "b".repeat(1_000));

    assertThat(HeapSizes.size(map))
        .isCloseTo(
            ClassLayout.parseInstance(map).instanceSize() + 2 * real("a".repeat(1_000)),
            within(64L));
  }

  /** Of what no field can be read counts the object alone, so it is no less than that. */
  @Test
  void objectsThatAreClosedCountAlone() {
    Object closed = new java.util.concurrent.locks.ReentrantReadWriteLock();

    assertThat(HeapSizes.size(closed)).isEqualTo(ClassLayout.parseInstance(closed).instanceSize());
  }

  // --------------------------------------------------------------------------------- not counted

  static Stream<Object> shared() {
    Supplier<String> lambda = () -> "a";
    return Stream.of(
        TimeUnit.DAYS,
        true,
        (byte) 7,
        127,
        -128L,
        'a',
        String.class,
        ClassLoader.getSystemClassLoader(),
        Thread.currentThread(),
        Locale.GERMANY,
        ZoneId.of("Europe/Zurich"),
        Collections.emptyList(),
        Collections.emptyMap(),
        lambda);
  }

  @ParameterizedTest(name = "{index}") // texts of objects would be kept by them
  @MethodSource("shared")
  void whatIsNoEntrysOwnIsNotCounted(Object object) {
    assertThat(HeapSizes.size(object)).isZero();
    assertThat(HeapSizes.size(new Object[] {object})).isEqualTo(HeapSizes.size(new Object[1]));
  }

  @Test
  void zonedTimesDoNotCountTheirZones() {
    ZonedDateTime zoned = ZonedDateTime.of(2020, 1, 2, 3, 4, 5, 6, ZoneId.of("Asia/Tokyo"));
    long local = real(zoned.toLocalDateTime());

    assertThat(HeapSizes.size(zoned))
        .isEqualTo(ClassLayout.parseInstance(zoned).instanceSize() + local);
    OffsetDateTime offset = zoned.toOffsetDateTime();
    assertThat(HeapSizes.size(offset))
        .isEqualTo(ClassLayout.parseInstance(offset).instanceSize() + local);
  }

  // -------------------------------------------------------------------------------------- limits

  @Test
  void anEntryCountsItsKeyItsValueAndItself() {
    assertThat(HeapSizes.of("key", "value"))
        .isEqualTo((int) (HeapSizes.ENTRY + real("key") + real("value")));
  }

  @Test
  void sumsStopAtTheLargestInt() {
    List<byte[]> large = Collections.nCopies(1, new byte[1 << 20]);
    Object[] many = new Object[100_000];
    for (int i = 0; i < 128; i++) { // all that are looked at
      many[(int) ((long) i * many.length / 128)] = List.of(new byte[1 << 16], large);
    }

    assertThat(HeapSizes.of("key", many)).isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  void longChainsNeitherTakeStackNorEnd() {
    Node chain = null;
    for (int i = 0; i < 1_000_000; i++) {
      chain = new Node(chain, null);
    }

    assertThat(HeapSizes.size(chain))
        .isEqualTo(HeapWalk.MOST_OBJECTS * ClassLayout.parseInstance(chain).instanceSize());
  }

  @Test
  void listsWithinThemselvesEnd() {
    List<Object> list = new ArrayList<>();
    list.add(list);
    Map<String, Object> map = new HashMap<>(Map.of("list", list));
    list.add(map);

    assertThat(HeapSizes.size(list)).isCloseTo(real(list), within(128L));
  }

  // ----------------------------------------------------------------------------- code of the user

  static final class Hostile extends AbstractList<String> implements Comparator<String> {
    final String field = "found";

    private static AssertionError called() {
      return new AssertionError("code of the user was called");
    }

    @Override
    public int hashCode() {
      throw called();
    }

    @Override
    public boolean equals(Object other) {
      throw called();
    }

    @Override
    public String toString() {
      throw called();
    }

    @Override
    public Iterator<String> iterator() {
      throw called();
    }

    @Override
    public String get(int index) {
      throw called();
    }

    @Override
    public int size() {
      throw called();
    }

    @Override
    public int compare(String a, String b) {
      throw called();
    }
  }

  static final class OwnWay extends HashMap<String, String> {
    private static final long serialVersionUID = 1;

    @Override
    public Set<Map.Entry<String, String>> entrySet() {
      throw Hostile.called();
    }
  }

  @Test
  void noCodeOfTheUserIsCalled() {
    Hostile hostile = new Hostile();

    assertThat(HeapSizes.size(hostile)).isEqualTo(real(hostile));
    assertThat(HeapSizes.size(new ArrayList<>(Arrays.asList(hostile, hostile))))
        .isGreaterThan(real(hostile));
    assertThat(HeapSizes.size(Map.of("key", Optional.of(hostile)))).isGreaterThan(real(hostile));
    OwnWay own = new OwnWay();
    own.put("a", "b");
    assertThat(HeapSizes.size(own)).isEqualTo(ClassLayout.parseInstance(own).instanceSize());
  }

  @Test
  void aCollectionThatChangesMeanwhileIsEstimatedFromWhatWasSeen() {
    List<Object> list = new LinkedList<>();
    list.add("a");
    Iterator<Object> spoilt = list.iterator();
    list.add("b");
    Collection<Object> view = Collections.unmodifiableCollection(new Spoilt(spoilt));

    assertTimeoutPreemptively(
        Duration.ofMinutes(1), () -> assertThat(HeapSizes.size(view)).isPositive());
  }

  private static final class Failing extends java.util.AbstractCollection<Object> {
    @Override
    public Iterator<Object> iterator() {
      throw new IllegalStateException("no iterator");
    }

    @Override
    public int size() {
      throw new IllegalStateException("no size");
    }
  }

  @Test
  void whatWrapsACollectionThatFailsCountsAlone() {
    Collection<?> failing = Collections.unmodifiableCollection(new Failing());
    Collection<?> deep = new ArrayList<>();
    for (int i = 0; i < 200_000; i++) {
      deep =
          i % 2 == 0
              ? Collections.synchronizedCollection(deep)
              : Collections.unmodifiableCollection(deep);
    }
    long alone = ClassLayout.parseInstance(failing).instanceSize();

    assertThat(HeapSizes.size(failing)).isEqualTo(alone);
    assertThat(HeapSizes.size(deep)).isEqualTo(alone);
    assertThat(HeapSizes.size(new Object[] {failing, deep}))
        .isEqualTo(HeapSizes.size(new Object[2]) + 2 * alone);
  }

  /** A collection whose iteration fails as that of one does that somebody changes. */
  private static final class Spoilt extends java.util.AbstractCollection<Object> {
    private final Iterator<Object> iterator;

    Spoilt(Iterator<Object> iterator) {
      this.iterator = iterator;
    }

    @Override
    public Iterator<Object> iterator() {
      return iterator;
    }

    @Override
    public int size() {
      return 1_000;
    }
  }

  // ------------------------------------------------------------------------------- other JVMs

  private static HeapLayout layout(Map<String, String> options) {
    return HeapLayout.of(options::get);
  }

  @Test
  void withoutASayOfTheJvmReferencesTakeFourBytes() {
    HeapLayout unknown = layout(Map.of());

    assertThat(unknown.reference()).isEqualTo(4);
    assertThat(unknown.object(Long.class)).isEqualTo(24);
    assertThat(unknown.array(byte.class, 1)).isEqualTo(24);
  }

  @Test
  void largeHeapsHaveLargeReferences() {
    HeapLayout large = layout(Map.of("UseCompressedOops", "false"));

    assertThat(large.references(3)).isEqualTo(40);
    assertThat(large.object(Node.class)).isEqualTo(32);
  }

  @Test
  void compactHeadersLeaveFourBytesToFields() {
    HeapLayout compact = layout(Map.of("UseCompactObjectHeaders", "true"));

    assertThat(compact.object(Long.class)).isEqualTo(16);
    assertThat(compact.object(Node.class)).isEqualTo(16);
  }

  @Test
  void objectsMayBeAlignedToMore() {
    HeapLayout wide = layout(Map.of("ObjectAlignmentInBytes", "16"));

    assertThat(wide.object(Long.class)).isEqualTo(32);
    assertThat(wide.array(byte.class, 17)).isEqualTo(48);
  }
}
