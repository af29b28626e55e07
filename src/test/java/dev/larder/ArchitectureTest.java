package dev.larder;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The package table of the design: contracts at the bottom, wiring at the top, and no way back up.
 *
 * <p>Every package may use the JDK, itself and the annotations that only a compiler reads; what
 * else is in its row. A package that has no classes yet breaks no rule; one that has no row does.
 */
class ArchitectureTest {
  /**
   * {@code OPTIONAL}: libraries that may be missing at run time; those packages are for them alone.
   */
  // spotless:off
  private static final List<Row> TABLE = List.of(
      row("",               "javax.cache"),
      row("data",           ""),
      row("codec",          "root OPTIONAL"),
      row("store",          "root data"),
      row("ops",            "root data codec store rdb javax.cache:exceptions"),
      row("protocol",       ""),
      row("rdb",            ""),
      row("persistence",    "root data codec store protocol rdb"),
      row("server.command", "root ops protocol"),
      row("server",         "root ops server.command protocol javax.cache"),
      row("jcache",         "root data codec store ops protocol rdb persistence server.command server javax.cache"),
      row("spring",         "root jcache server server.command metrics javax.cache OPTIONAL"),
      row("metrics",        "root jcache server javax.cache OPTIONAL"));

  /**
   * All public types beyond the root package, whose types are public on purpose. The others are public
   * because another package of ours needs them, or an SPI asks for it; nobody else should.
   */
  private static final Map<String, List<String>> PUBLIC = Map.ofEntries(
      types("codec",          "ByteText Copier Decimals DiskForm DiskForms Floats HeapSizes KeyTexts TextCodecs"),
      types("data",           "AdaptiveOrder Candidate EvictionOrder SampledOrder SecondChanceOrder SparedOrder"),
      types("jcache",         "LarderCachingProvider LiveCaches"),
      types("metrics",        "LarderMetrics"),
      types("ops",            "CacheOperations ChangeListener ChangeSubscription CommonSubsequence CounterOperations Deadline EntryOperations EvictionPolicy ExpiryOperations Glob KeyChange KeyOperations KeyspaceOperations MemoryLimit Operation Rules Statistics StringOperations TextOperations TextSlice Transaction Turn Unkept Watch"),
      types("persistence",    "DiskPersistence KeptCache Replay"),
      types("protocol",       "Encoding Lookahead ProtocolException Reply ReplyBuffer Request RequestLimits RequestReader"),
      types("rdb",            "RdbException RdbReader RdbValue RdbVisitor RdbWriter"),
      types("server",         "InlineReplies LarderServer Main ServerException ServerInfo Tls"),
      types("server.command", "AclLog Args Command CommandTable Config Database Pause Replay Server ServerLog Session Setting Spelling Stats User Users Wire"),
      types("spring",         "LarderServerStartedEvent LarderSpringCacheManager"),
      types("store",          "Bound Change Entry Feed Filling Keeper Snapshot Store StoreClock Subscriber"));
  // spotless:on

  private static final String ROOT = "dev.larder";

  private static final JavaClasses MAIN_CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages(ROOT);

  @ParameterizedTest(name = "{0}")
  @MethodSource("rows")
  void packageUsesOnlyWhatItsRowAllows(Row row) {
    classes()
        .that(row.isHome())
        .should()
        .onlyDependOnClassesThat(row.isAllowed())
        .allowEmptyShould(true)
        .check(MAIN_CLASSES);
  }

  static Stream<Row> rows() {
    return TABLE.stream();
  }

  @Test
  void everyPackageHasARow() {
    assertThat(MAIN_CLASSES.stream().map(JavaClass::getPackageName).distinct())
        .isSubsetOf(TABLE.stream().map(Row::packageName).toList());
  }

  /**
   * From the parent: slices of {@code dev.larder.(*)} would leave out the root package, and so the
   * cycles through it.
   */
  @Test
  void packagesAreFreeOfCycles() {
    slices()
        .matching("dev.(**)")
        .should()
        .beFreeOfCycles()
        .allowEmptyShould(true)
        .check(MAIN_CLASSES);
  }

  @Test
  void noOtherTypesArePublic() {
    Map<String, List<String>> found = new TreeMap<>();
    MAIN_CLASSES.stream()
        .filter(type -> !type.getPackageName().equals(ROOT) && type.isTopLevelClass())
        .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
        .forEach(
            type ->
                found.merge(
                    shortName(type), List.of(type.getSimpleName()), ArchitectureTest::sorted));
    assertThat(listing(found)).isEqualTo(listing(PUBLIC));
  }

  private static String shortName(JavaClass type) {
    return type.getPackageName().substring(ROOT.length() + 1);
  }

  private static List<String> sorted(List<String> some, List<String> others) {
    return Stream.of(some, others).flatMap(List::stream).sorted().toList();
  }

  /** One type a line, so that a difference shows the type. */
  private static String listing(Map<String, List<String>> types) {
    return new TreeMap<>(types)
        .entrySet().stream()
            .flatMap(entry -> entry.getValue().stream().map(type -> entry.getKey() + "." + type))
            .collect(joining("\n"));
  }

  private static Map.Entry<String, List<String>> types(String packageName, String names) {
    return Map.entry(
        packageName, names.isEmpty() ? List.of() : Stream.of(names.split(" ")).sorted().toList());
  }

  private static Row row(String name, String uses) {
    return new Row(name, List.of(uses.split(" ")));
  }

  /** What one package may use: other packages of ours by their short names, and libraries. */
  private record Row(String name, List<String> uses) {
    String packageName() {
      return name.isEmpty() ? ROOT : ROOT + "." + name;
    }

    DescribedPredicate<JavaClass> isHome() {
      return DescribedPredicate.describe(
          "are in " + packageName(), type -> type.getPackageName().equals(packageName()));
    }

    DescribedPredicate<JavaClass> isAllowed() {
      return DescribedPredicate.describe(
          "are of the JDK, of " + packageName() + " or of " + uses,
          type -> allows(type.getBaseComponentType()));
    }

    private boolean allows(JavaClass type) {
      String from = type.getPackageName();
      if (from.equals(packageName()) || type.isPrimitive() || from.startsWith("org.jspecify.")) {
        return true;
      }
      if (from.equals(ROOT)) {
        return uses.contains("root");
      }
      if (from.startsWith(ROOT + ".")) {
        return uses.contains(from.substring(ROOT.length() + 1));
      }
      if (from.equals("javax.cache") || from.startsWith("javax.cache.")) {
        return uses.contains("javax.cache")
            || uses.contains("javax.cache:exceptions") && type.isAssignableTo(Throwable.class);
      }
      return isJdk(from) || uses.contains("OPTIONAL");
    }

    private static boolean isJdk(String packageName) {
      return ModuleLayer.boot().modules().stream()
          .anyMatch(module -> module.getPackages().contains(packageName));
    }

    @Override
    public String toString() {
      return packageName();
    }
  }
}
